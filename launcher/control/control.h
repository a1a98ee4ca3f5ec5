/*
 * The control sockets: one for the library, one or two for the commands. Each connection carries
 * one request; a HELLO turns it into a lifeline, and RELOAD, STOP, SNAPSHOT and DRY_RUN wait for
 * their answer.
 */
#ifndef AET_CONTROL_H
#define AET_CONTROL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "msgio.h"

#define AET_CLIENTS_MAX        256 /* beside lifelines; one more closes the oldest */
#define AET_CLIENT_PATIENCE_MS 5000 /* for a client that connects and sends nothing */

struct aet_client;

/* Binds and listens. 0 or -errno. */
int aet_control_open(const char *config_path);

#endif
