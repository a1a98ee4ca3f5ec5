/*
 * One message, one datagram, exactly its descriptors. Used by both sides; no malloc, no stdio,
 * raw system calls, so that it may run inside somebody else's process.
 */
#ifndef AET_MSGIO_H
#define AET_MSGIO_H

#include <stddef.h>
#include <stdint.h>

#include "aeterna/wire.h"

/* A received message. Descriptors are the receiver's: aet_message_drop() closes what is left. */
struct aet_message {
	union {
		struct aet_header header;
		uint8_t bytes[AET_MESSAGE_MAX] __attribute__((aligned(8)));
	};
	size_t length;
	int fds[AET_MESSAGE_FDS];
	int fd_count;
};

/* Fills in magic, version and type; the caller sets the rest. */
void aet_header_init(struct aet_header *header, unsigned type, uint32_t serial, int error);

/* Sends one message; the sender keeps its descriptors. 0 or -errno. Never blocks with
 * MSG_DONTWAIT in flags. */
int aet_message_send(
	int fd, const void *message, size_t length, const int *fds, int fd_count, int flags);

/*
 * Receives one message: 1, 0 for a closed peer, or -errno. Descriptors come CLOEXEC. -EBADMSG: it
 * was shorter than a header, of another magic, or lost bytes; -EMFILE: it lost descriptors. In
 * every failure what came is closed.
 */
int aet_message_receive(int fd, struct aet_message *ret_message, int flags);

/* Takes descriptor i out of the message; -1 if there is none. */
int aet_message_take_fd(struct aet_message *message, int i);

void aet_message_drop(struct aet_message *message);

/* The body of a message of this type; NULL when it is of another or shorter than size. Valid as long
 * as the message. */
const void *aet_message_body(const struct aet_message *message, unsigned type, size_t size);

/* The same as a pointer to struct name: AET_MESSAGE_BODY(message, AET_MSG_GATED, aet_gated). */
#define AET_MESSAGE_BODY(message, type, name)                                                      \
	((const struct name *)aet_message_body((message), (type), sizeof(struct name)))

/* Checks length and descriptor count of a request against messages.def; 0, -EBADMSG, or
 * -EOPNOTSUPP for a type nobody knows. */
int aet_message_check_request(const struct aet_message *message);

/* The name of a type for logs; "unknown" for others. */
const char *aet_message_name(unsigned type);

#endif
