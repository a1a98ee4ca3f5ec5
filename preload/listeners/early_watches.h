/*
 * Epoll registrations that are older than the table's knowledge of their descriptor: some programs
 * register a socket and bind it then. A registration is for a file, epoll(7): it would stay with the
 * socket that is set aside.
 */
#ifndef AET_EARLY_WATCHES_H
#define AET_EARLY_WATCHES_H

#include <stdbool.h>

struct aet_socket;

/* Looks for registrations of fd in every epoll of the process and remembers them. fd has still the file
 * that they are for, whose descriptors are sock's. True: one of them waits for connections. Under the
 * lock. */
bool aet_early_watches_find(struct aet_socket *sock, int fd);

#endif
