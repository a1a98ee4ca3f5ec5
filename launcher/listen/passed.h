/*
 * Listening sockets that a service manager passes to the launcher, sd_listen_fds(3): a socket unit of
 * systemd. They count as configured with service.listen.
 */
#ifndef AET_PASSED_H
#define AET_PASSED_H

/* Takes those that are meant for this process; returns how many. Once, before anything opens or
 * inherits a descriptor. */
int aet_passed_take(void);

#endif
