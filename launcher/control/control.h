/*
 * The two control sockets: one for the library, one (or two names of one) for the commands. Every
 * connection asks one question; a HELLO becomes a lifeline, RELOAD and STOP wait for their answer.
 */
#ifndef AET_CONTROL_H
#define AET_CONTROL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "msgio.h"

#define AET_CLIENTS_MAX        256 /* open connections that are no lifelines; the oldest goes */
#define AET_CLIENT_PATIENCE_MS 5000 /* for a client that connects and never asks */

struct aet_client;

/* Binds and listens. 0 or -errno. */
int aet_control_open(const char *config_path);

/* The abstract name commands look for: by configuration file, or by process. */
void aet_control_name_by_path(const char *config_path, unsigned uid, char *ret_name, size_t size);
void aet_control_name_by_pid(int pid, char *ret_name, size_t size);

#endif
