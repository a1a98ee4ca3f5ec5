#include "listen/diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* From linux/netlink.h, sock_diag.h. */
#define AF_NETLINK_FAMILY   16
#define NETLINK_SOCK_DIAG   4
#define NLM_F_REQUEST_DUMP  0x301
#define NLMSG_ERROR_TYPE    2
#define NLMSG_DONE_TYPE     3
#define SOCK_DIAG_BY_FAMILY 20
#define READ_BUFFER         16384

struct inet_request {
	struct aet_diag_header header;
	uint8_t family;
	uint8_t protocol;
	uint8_t extensions;
	uint8_t pad;
	uint32_t states;
	struct aet_diag_inet_id id;
};

int aet_diag_open(void)
{
	int fd = socket(AF_NETLINK_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

static int read_answers(int fd, aet_diag_take *take, void *data)
{
	static uint32_t buffer[READ_BUFFER / 4];

	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		uint8_t *at = (uint8_t *)buffer;
		uint8_t *end = at + (got > 0 ? got : 0);

		if (got <= 0)
			return got < 0 ? -errno : -EPROTO;
		while (at + sizeof(struct aet_diag_header) <= end) {
			const struct aet_diag_header *header = (const void *)at;

			if (header->type == NLMSG_DONE_TYPE)
				return 0;
			if (header->type == NLMSG_ERROR_TYPE || header->length < sizeof(*header) ||
				at + header->length > end)
				return -EPROTO;
			if (take(at + sizeof(*header), header->length - sizeof(*header), data) < 0)
				return -ENOMEM;
			at += (header->length + 3u) & ~3u;
		}
	}
}

int aet_diag_ask(
	int fd, struct aet_diag_header *request, size_t length, aet_diag_take *take, void *data)
{
	*request = (struct aet_diag_header){
		(uint32_t)length, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 0, 0};
	if (send(fd, request, length, 0) < 0)
		return -errno;
	return read_answers(fd, take, data);
}

int aet_diag_ask_tcp(int fd, uint8_t family, uint32_t states, aet_diag_take *take, void *data)
{
	struct inet_request request = {.family = family, .protocol = IPPROTO_TCP, .states = states};

	return aet_diag_ask(fd, &request.header, sizeof(request), take, data);
}
