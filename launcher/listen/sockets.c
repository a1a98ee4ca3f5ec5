#include "listen/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "fd.h"
#include "listen/listener.h"

/* From linux/netlink.h, sock_diag.h, inet_diag.h, unix_diag.h: the ABI, written out here, because
 * musl ships no kernel headers. */
#define AF_NETLINK_FAMILY    16
#define NETLINK_SOCK_DIAG    4
#define NLM_F_REQUEST_DUMP   0x301
#define NLMSG_ERROR_TYPE     2
#define NLMSG_DONE_TYPE      3
#define SOCK_DIAG_BY_FAMILY  20
#define TCP_LISTEN_STATE     10
#define TCP_SYN_RECV_STATE   3
#define TCP_TIME_WAIT_STATE  6
#define UDIAG_SHOW_NAME_FLAG 1
#define UNIX_DIAG_NAME_ATTR  0
#define READ_BUFFER          16384

struct netlink_header {
	uint32_t length;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
};

struct inet_id {
	uint16_t source_port;
	uint16_t target_port;
	uint32_t source[4];
	uint32_t target[4];
	uint32_t interface;
	uint32_t cookie[2];
};

struct inet_request {
	struct netlink_header header;
	uint8_t family;
	uint8_t protocol;
	uint8_t extensions;
	uint8_t pad;
	uint32_t states;
	struct inet_id id;
};

struct inet_answer {
	uint8_t family;
	uint8_t state;
	uint8_t timer;
	uint8_t retransmits;
	struct inet_id id;
	uint32_t expires;
	uint32_t receive_queue;
	uint32_t send_queue;
	uint32_t uid;
	uint32_t inode;
};

struct unix_request {
	struct netlink_header header;
	uint8_t family;
	uint8_t protocol;
	uint16_t pad;
	uint32_t states;
	uint32_t inode;
	uint32_t show;
	uint32_t cookie[2];
};

struct unix_answer {
	uint8_t family;
	uint8_t type;
	uint8_t state;
	uint8_t pad;
	uint32_t inode;
	uint32_t cookie[2];
};

static bool has_port(uint16_t port)
{
	AET_FOREACH_PUBLIC(l)
		if (l->address.type == SOCK_STREAM && aet_address_port(&l->address) == ntohs(port))
			return true;
	return false;
}

static bool has_unix_name(const uint8_t *name, size_t length)
{
	AET_FOREACH_PUBLIC(l) {
		size_t mine = l->address.length - 2; /* without sun_family */

		if (l->address.family != AF_UNIX)
			continue;
		if (l->address.bytes[2] != '\0' && mine > 0 && l->address.bytes[mine + 1] == '\0')
			mine--; /* a path comes without its NUL here */
		if (length > 0 && name[0] != '\0' && name[length - 1] == '\0')
			length--;
		if (mine == length && memcmp(name, l->address.bytes + 2, length) == 0)
			return true;
	}
	return false;
}

/* Connections still in the accept queue have no inode yet: they belong to no process. */
static int take_inet(const void *data, size_t length, struct aet_inode_set *set)
{
	const struct inet_answer *answer = data;

	if (length < sizeof(*answer) || answer->inode == 0 || !has_port(answer->id.source_port))
		return 0;
	return aet_inodes_add(set, answer->inode);
}

static int take_unix(const void *data, size_t length, struct aet_inode_set *set)
{
	const struct unix_answer *answer = data;
	const uint8_t *at = (const uint8_t *)data + sizeof(*answer);
	const uint8_t *end = (const uint8_t *)data + length;

	if (length < sizeof(*answer) || answer->inode == 0 || answer->state == TCP_LISTEN_STATE)
		return 0;
	while (at + 4 <= end) {
		uint16_t size;
		uint16_t type;

		memcpy(&size, at, 2);
		memcpy(&type, at + 2, 2);
		if (size < 4 || at + size > end)
			break;
		if (type == UNIX_DIAG_NAME_ATTR && has_unix_name(at + 4, size - 4u))
			return aet_inodes_add(set, answer->inode);
		at += (size + 3u) & ~3u;
	}
	return 0;
}

static int read_answers(int fd, struct aet_inode_set *set,
	int (*take)(const void *data, size_t length, struct aet_inode_set *set))
{
	static uint32_t buffer[READ_BUFFER / 4];

	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		uint8_t *at = (uint8_t *)buffer;
		uint8_t *end = at + (got > 0 ? got : 0);

		if (got <= 0)
			return got < 0 ? -errno : -EPROTO;
		while (at + sizeof(struct netlink_header) <= end) {
			const struct netlink_header *header = (const void *)at;

			if (header->type == NLMSG_DONE_TYPE)
				return 0;
			if (header->type == NLMSG_ERROR_TYPE || header->length < sizeof(*header) ||
				at + header->length > end)
				return -EPROTO;
			if (take(at + sizeof(*header), header->length - sizeof(*header), set) < 0)
				return -ENOMEM;
			at += (header->length + 3u) & ~3u;
		}
	}
}

static int ask_inet(int fd, uint8_t family, struct aet_inode_set *set)
{
	struct inet_request request = {
		.header = {sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 0, 0},
		.family = family,
		.protocol = IPPROTO_TCP,
		.states = 0xfffu &
			~(1u << TCP_LISTEN_STATE | 1u << TCP_SYN_RECV_STATE |
				1u << TCP_TIME_WAIT_STATE),
	};

	if (send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	return read_answers(fd, set, take_inet);
}

static int ask_unix(int fd, struct aet_inode_set *set)
{
	struct unix_request request = {
		.header = {sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 0, 0},
		.family = AF_UNIX,
		.states = ~0u,
		.show = UDIAG_SHOW_NAME_FLAG,
	};

	if (send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	return read_answers(fd, set, take_unix);
}

static bool has_family(int family)
{
	AET_FOREACH_PUBLIC(l)
		if (l->address.family == family && l->address.type != SOCK_DGRAM)
			return true;
	return false;
}

int aet_sockets_read(struct aet_inode_set *ret_set)
{
	struct aet_inode_set set = {0};
	AET_CLOSE int fd = socket(AF_NETLINK_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int result = fd < 0 ? -errno : 0;

	/* A dual-stack listener has its IPv4 connections on IPv6 sockets: query both families. */
	if (result == 0 && (has_family(AF_INET) || has_family(AF_INET6)))
		result = ask_inet(fd, AF_INET, &set);
	if (result == 0 && has_family(AF_INET6))
		result = ask_inet(fd, AF_INET6, &set);
	if (result == 0 && has_family(AF_UNIX))
		result = ask_unix(fd, &set);
	if (result < 0) {
		free(set.inodes);
		return result;
	}
	aet_inodes_sort(&set);
	*ret_set = set;
	return 0;
}
