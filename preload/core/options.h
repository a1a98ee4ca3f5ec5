/*
 * The socket options of a listener: read from one socket, written to another where they differ. An
 * option that the new version sets between socket() and listen() takes effect when it is released,
 * and a rollback restores the old version's.
 */
#ifndef AET_OPTIONS_H
#define AET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define AET_OPTIONS_MAX 32

struct aet_option {
	uint32_t length; /* 0: not readable here */
	uint8_t bytes[16] __attribute__((aligned(4)));
};

struct aet_options {
	bool known;
	bool nonblocking; /* O_NONBLOCK of the description */
	struct aet_option values[AET_OPTIONS_MAX];
};

/* Reads every option of fd that its family has. Async-signal-safe. */
void aet_options_read(int fd, struct aet_options *ret_options);

/* Writes to fd what differs from it. Best effort, async-signal-safe. */
void aet_options_write(int fd, const struct aet_options *options);

/* Resets a connection that comes from another generation to what accept(2) would have made: the
 * listener's options; or with -1 the defaults, as for Unix. Best effort, async-signal-safe. */
void aet_options_inherit(int listener_fd, int fd);

/* O_NONBLOCK belongs to the open file description, and so to every process that shares it. */
bool aet_fd_is_nonblocking(int fd);
void aet_fd_set_nonblocking(int fd, bool nonblocking);

#endif
