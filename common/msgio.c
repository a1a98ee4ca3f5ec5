#include "msgio.h"

#include <errno.h>
#include <sys/socket.h>

#include "sys.h"
#include "util.h"

union control {
	char space[CMSG_SPACE(AET_MESSAGE_FDS * sizeof(int))];
	struct cmsghdr align;
};

void aet_header_init(struct aet_header *header, unsigned type, uint32_t serial, int error)
{
	header->magic = AET_WIRE_MAGIC;
	header->type = (uint16_t)type;
	header->version = AET_WIRE_VERSION;
	header->serial = serial;
	header->error = error;
}

int aet_message_send(
	int fd, const void *message, size_t length, const int *fds, int fd_count, int flags)
{
	/* Zeroed: cmsg_len has 64 bits for the kernel and 32 and a padding in musl's header. */
	union control control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)message, .iov_len = length};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	long sent;

	if (fd_count < 0 || fd_count > AET_MESSAGE_FDS)
		return -EINVAL;

	if (fd_count > 0) {
		struct cmsghdr *cmsg = &control.align;
		int *data;

		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
		data = (int *)(void *)CMSG_DATA(cmsg);
		for (int i = 0; i < fd_count; i++)
			data[i] = fds[i];
	}

	do
		sent = AET_SYS3(sendmsg, fd, &msg, flags | MSG_NOSIGNAL);
	while (sent == -EINTR);
	if (sent < 0)
		return (int)sent;
	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

/* Moves the descriptors of one received datagram into the message; what does not fit is closed. */
static bool collect_fds(struct msghdr *msg, struct aet_message *message)
{
	bool fit = true;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		const int *data = (const int *)(void *)CMSG_DATA(cmsg);
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (message->fd_count < AET_MESSAGE_FDS) {
				message->fds[message->fd_count++] = data[i];
			} else {
				(void)AET_SYS1(close, data[i]);
				fit = false;
			}
		}
	}
	return fit;
}

int aet_message_receive(int fd, struct aet_message *ret_message, int flags)
{
	union control control = {0};
	struct iovec iov = {.iov_base = ret_message->bytes, .iov_len = AET_MESSAGE_MAX};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	long got;
	bool fit;
	int error = 0;

	ret_message->length = 0;
	ret_message->fd_count = 0;
	do
		got = AET_SYS3(recvmsg, fd, &msg, flags | MSG_CMSG_CLOEXEC);
	while (got == -EINTR);
	if (got < 0)
		return (int)got;

	fit = collect_fds(&msg, ret_message);
	if (got == 0) { /* an empty datagram looks like the end, but may carry descriptors */
		aet_message_drop(ret_message);
		return 0;
	}
	ret_message->length = (size_t)got;
	/* MSG_CTRUNC: the receiver was at RLIMIT_NOFILE; the data still arrives (unix(7)). */
	if (!fit || (msg.msg_flags & MSG_CTRUNC))
		error = -EMFILE;
	else if ((msg.msg_flags & MSG_TRUNC) || (size_t)got < sizeof(struct aet_header))
		error = -EBADMSG;
	else if (ret_message->header.magic != AET_WIRE_MAGIC)
		error = -EBADMSG;
	if (error) {
		aet_message_drop(ret_message);
		return error;
	}
	return 1;
}

int aet_message_take_fd(struct aet_message *message, int i)
{
	int fd;

	if (i < 0 || i >= message->fd_count)
		return -1;
	fd = message->fds[i];
	message->fds[i] = -1;
	return fd;
}

void aet_message_drop(struct aet_message *message)
{
	for (int i = 0; i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			(void)AET_SYS1(close, message->fds[i]);
	message->fd_count = 0;
}

const void *aet_message_body(const struct aet_message *message, unsigned type, size_t size)
{
	if (message->header.type != type || message->length < size)
		return NULL;
	return message->bytes;
}

int aet_message_check_request(const struct aet_message *message)
{
	size_t want;
	int least;
	int most;

	switch (message->header.type) {
#define MSG(number, NAME, name, in_min, in_max, out_min, out_max)                                  \
	case number:                                                                               \
		want = sizeof(struct aet_##name);                                                  \
		least = (in_min);                                                                  \
		most = (in_max);                                                                   \
		break;
#define NOTE(number, NAME, name)                                                                   \
	case number:                                                                               \
		want = sizeof(struct aet_##name);                                                  \
		least = most = 0;                                                                  \
		break;
#define RETIRED(number, NAME)                                                                      \
	case number:                                                                               \
		want = sizeof(struct aet_header);                                                  \
		least = most = 0;                                                                  \
		break;
#include "aeterna/messages.def"
	default:
		return -EOPNOTSUPP;
	}
	if (message->length < want || message->fd_count < least || message->fd_count > most)
		return -EBADMSG;
	return 0;
}

const char *aet_message_name(unsigned type)
{
	switch (type & ~AET_WIRE_REPLY) {
#define MSG(number, NAME, name, in_min, in_max, out_min, out_max)                                  \
	case number:                                                                               \
		return #NAME;
#define NOTE(number, NAME, name)                                                                   \
	case number:                                                                               \
		return #NAME;
#define RETIRED(number, NAME)                                                                      \
	case number:                                                                               \
		return #NAME;
#include "aeterna/messages.def"
	default:
		return "unknown";
	}
}
