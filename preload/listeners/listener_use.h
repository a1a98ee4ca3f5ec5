/*
 * What the program does with a listener once it has one: it waits for it, or shuts it. The first use
 * makes the process join and is reported to the launcher.
 */
#ifndef AET_LISTENER_USE_H
#define AET_LISTENER_USE_H

struct aet_socket;

/* How the program waits for it. */
enum aet_use { AET_USE_ACCEPT, AET_USE_EPOLL, AET_USE_POLL };

void aet_listener_use(int fd, enum aet_use use);

/* shutdown(2) of a stream socket of ours: shuts its descriptors in this process alone. Under the
 * lock. */
void aet_listener_shut(struct aet_socket *sock);

#endif
