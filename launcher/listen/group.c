#include "listen/group.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "aeterna/wire.h"
#include "fd.h"
#include "listen/diag.h"
#include "listen/listener.h"
#include "address.h"

/* From linux/filter.h and asm-generic/socket.h, which musl does not have. */
#define ATTACH_CBPF  51
#define DETACH_BPF   68
#define BPF_LOAD     0x20 /* BPF_LD | BPF_W | BPF_ABS */
#define BPF_RANDOM   (0xfffff000u + 56u) /* SKF_AD_OFF + SKF_AD_RANDOM */
#define BPF_MODULO   0x94 /* BPF_ALU | BPF_MOD | BPF_K */
#define BPF_IF_EQUAL 0x15 /* BPF_JMP | BPF_JEQ | BPF_K */
#define BPF_RETURN   0x06 /* BPF_RET | BPF_K */

#define STATE_LISTEN 10

struct filter {
	uint16_t code;
	uint8_t if_true;
	uint8_t if_false;
	uint32_t k;
};

struct program {
	uint16_t length;
	struct filter *filter;
};

bool aet_group_is_one(const struct aet_listener *a, const struct aet_listener *b)
{
	uint32_t flags = a->flags & b->flags;

	return a->address.type == SOCK_STREAM && a->address.family != AF_UNIX &&
		(flags & AET_SOCKET_REUSEPORT) && !((a->flags ^ b->flags) & AET_SOCKET_V6ONLY) &&
		memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

int aet_group_count(const struct aet_listener *listener)
{
	int count = 0;

	AET_FOREACH_LISTENER(l)
		count += l == listener || aet_group_is_one(l, listener);
	return count;
}

int aet_group_join(struct aet_listener *listener, int backlog)
{
	int listening = 0;
	socklen_t length = sizeof(listening);

	(void)getsockopt(listener->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length);
	if (listen(listener->fd, backlog) < 0)
		return -errno;
	listener->slot = listening ? -1 : aet_group_count(listener) - 1;
	return 0;
}

void aet_group_leave(const struct aet_listener *listener)
{
	int last = aet_group_count(listener) - 1;

	if (last == 0 || listener->slot < 0)
		return;
	AET_FOREACH_LISTENER(l)
		if (l != listener && l->slot == last && aet_group_is_one(l, listener))
			l->slot = listener->slot;
}

/* --- what the kernel has --- */

struct look {
	const struct aet_listener *listener;
	int kept; /* members of the group that it lists */
	int strange; /* sockets of the same address that are none */
	int waiting;
};

static bool has_address(
	const struct aet_listener *listener, const struct aet_diag_inet_answer *answer)
{
	const struct aet_address *address = &listener->address;
	size_t at = address->family == AF_INET ? 4 : 8; /* of sin_addr, sin6_addr */
	size_t size = address->family == AF_INET ? 4 : 16;

	return answer->family == address->family &&
		memcmp(&answer->id.source_port, address->bytes + 2, 2) == 0 &&
		memcmp(answer->id.source, address->bytes + at, size) == 0;
}

static int take_listening(const void *data, size_t length, void *look_data)
{
	const struct aet_diag_inet_answer *answer = data;
	struct look *look = look_data;
	uint64_t cookie;
	bool kept = false;

	if (length < sizeof(*answer) || !has_address(look->listener, answer))
		return 0;
	cookie = (uint64_t)answer->id.cookie[1] << 32 | answer->id.cookie[0];
	AET_FOREACH_LISTENER(l)
		kept = kept ||
			(l->cookie == cookie &&
				(l == look->listener || aet_group_is_one(l, look->listener)));
	look->kept += kept;
	look->strange += !kept;
	if (look->listener->cookie == cookie)
		look->waiting = (int)answer->receive_queue;
	return 0;
}

static int look_at(struct look *look)
{
	AET_CLOSE int fd = aet_diag_open();

	if (fd < 0)
		return fd;
	return aet_diag_ask_tcp(fd, (uint8_t)look->listener->address.family, 1u << STATE_LISTEN,
		take_listening, look);
}

int aet_group_waiting(const struct aet_listener *listener)
{
	struct look look = {.listener = listener, .waiting = -ENOENT};
	int result = look_at(&look);

	return result < 0 ? result : look.waiting;
}

/* A socket that somebody else has in the group, or that a dying process holds still, shifts slots. */
static bool is_known(const struct aet_listener *listener)
{
	struct look look = {.listener = listener};

	AET_FOREACH_LISTENER(l)
		if (aet_group_is_one(l, listener) && l->slot < 0)
			return false;
	return look_at(&look) == 0 && look.strange == 0 && look.kept == aet_group_count(listener);
}

/* --- steering --- */

/* "random % count", then one comparison and one answer for each slot but the last. */
static int make_program(
	struct filter filter[2 * AET_LISTENERS_MAX + 2], const int *slots, int count)
{
	int length = 0;

	filter[length++] = (struct filter){BPF_LOAD, 0, 0, BPF_RANDOM};
	filter[length++] = (struct filter){BPF_MODULO, 0, 0, (uint32_t)count};
	for (int i = 0; i < count - 1; i++) {
		filter[length++] = (struct filter){BPF_IF_EQUAL, 0, 1, (uint32_t)i};
		filter[length++] = (struct filter){BPF_RETURN, 0, 0, (uint32_t)slots[i]};
	}
	filter[length++] = (struct filter){BPF_RETURN, 0, 0, (uint32_t)slots[count - 1]};
	return length;
}

int aet_group_steer(const struct aet_listener *listener,
	bool (*is_used)(const struct aet_listener *listener, uint32_t generation),
	uint32_t generation)
{
	struct filter filter[2 * AET_LISTENERS_MAX + 2];
	struct program program = {.filter = filter};
	int slots[AET_LISTENERS_MAX];
	int count = 0;

	if (!is_known(listener))
		return -ENXIO;
	AET_FOREACH_LISTENER(l)
		if (aet_group_is_one(l, listener) && is_used(l, generation))
			slots[count++] = l->slot;
	if (count == 0)
		return -ENXIO;
	program.length = (uint16_t)make_program(filter, slots, count);
	return setsockopt(listener->fd, SOL_SOCKET, ATTACH_CBPF, &program, sizeof(program)) < 0
		? -errno
		: 0;
}

void aet_group_spread(const struct aet_listener *listener)
{
	int none = 0;

	(void)setsockopt(listener->fd, SOL_SOCKET, DETACH_BPF, &none, sizeof(none));
}
