/*
 * Bytes and descriptors on a control socket, as a stranger may send them. The first byte says how
 * many descriptors come along. Whatever is made of it, no descriptor stays open afterwards; what
 * passes the check has the length of its struct.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "msgio.h"

#define MOST_FDS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ends[2] = {-1, -1};

static int lowest_free(void)
{
	int fd = dup(ends[0]);

	(void)close(fd);
	return fd;
}

static void send_all(const uint8_t *data, size_t size, size_t fd_count)
{
	union {
		char space[CMSG_SPACE(MOST_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[MOST_FDS] = {0};

	if (fd_count > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, fd_count * sizeof(int));
	}
	if (sendmsg(ends[0], &msg, MSG_NOSIGNAL) != (ssize_t)size)
		abort();
}

/* What the launcher does with an address before anything else: it logs it. */
static void read_address(const struct aet_address *address)
{
	char text[AET_ADDRESS_TEXT];

	if (strlen(aet_address_format(address, text, sizeof(text))) >= sizeof(text))
		abort();
	(void)aet_address_port(address);
}

static void read_message(const struct aet_message *message)
{
	if (aet_message_check_request(message) < 0)
		return;
	if (message->header.type == AET_MSG_BIND)
		read_address(&((const struct aet_bind *)(const void *)message->bytes)->address);
	if (message->header.type == AET_MSG_OFFER)
		read_address(&((const struct aet_offer *)(const void *)message->bytes)->address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aet_message message;
	int before;
	int result;

	if (size == 0 || size > 4096)
		return 0;
	if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	before = lowest_free();
	send_all(data + 1, size - 1, data[0] % (MOST_FDS + 1));
	result = aet_message_receive(ends[1], &message, MSG_DONTWAIT);
	if (result > 0) {
		(void)aet_message_name(message.header.type);
		read_message(&message);
		(void)close(aet_message_take_fd(&message, data[0] % AET_MESSAGE_FDS));
		aet_message_drop(&message);
	} else if (message.fd_count != 0) {
		abort();
	}
	if (lowest_free() != before)
		abort();
	return 0;
}
