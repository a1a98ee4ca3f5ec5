#include "listen/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "fd.h"
#include "listen/diag.h"
#include "listen/listener.h"

#define TCP_LISTEN_STATE     10
#define TCP_SYN_RECV_STATE   3
#define TCP_TIME_WAIT_STATE  6
#define UDIAG_SHOW_NAME_FLAG 1
#define UNIX_DIAG_NAME_ATTR  0

struct unix_request {
	struct aet_diag_header header;
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
static int take_inet(const void *answer_data, size_t length, void *data)
{
	const struct aet_diag_inet_answer *answer = answer_data;
	struct aet_inode_set *set = data;

	if (length < sizeof(*answer) || answer->inode == 0 || !has_port(answer->id.source_port))
		return 0;
	return aet_inodes_add(set, answer->inode);
}

static int take_unix(const void *answer_data, size_t length, void *data)
{
	const struct unix_answer *answer = answer_data;
	struct aet_inode_set *set = data;
	const uint8_t *at = (const uint8_t *)answer_data + sizeof(*answer);
	const uint8_t *end = (const uint8_t *)answer_data + length;

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

static int ask_inet(int fd, uint8_t family, struct aet_inode_set *set)
{
	return aet_diag_ask_tcp(fd, family,
		0xfffu &
			~(1u << TCP_LISTEN_STATE | 1u << TCP_SYN_RECV_STATE |
				1u << TCP_TIME_WAIT_STATE),
		take_inet, set);
}

static int ask_unix(int fd, struct aet_inode_set *set)
{
	struct unix_request request = {
		.family = AF_UNIX,
		.states = ~0u,
		.show = UDIAG_SHOW_NAME_FLAG,
	};

	return aet_diag_ask(fd, &request.header, sizeof(request), take_unix, set);
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
	AET_CLOSE int fd = aet_diag_open();
	int result = fd < 0 ? fd : 0;

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
