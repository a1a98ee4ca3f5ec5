#include "listeners/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "address.h"
#include "core/client.h"
#include "core/identity.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/view.h"
#include "msgio.h"
#include "sys.h"

/* Where a connection goes, in one form for both families. */
struct target {
	int family; /* AF_INET6 for IPv4, too, mapped; AF_UNIX */
	bool is_v4;
	uint16_t port;
	struct in6_addr ip;
	const struct sockaddr_un *un;
	unsigned name; /* bytes of an abstract name with its NUL; 0: a path */
	uint64_t dev;
	uint64_t ino;
};

static bool is_same(const void *a, const void *b, unsigned long length)
{
	const uint8_t *one = a;
	const uint8_t *other = b;

	for (unsigned long i = 0; i < length; i++)
		if (one[i] != other[i])
			return false;
	return true;
}

static void map_v4(struct in6_addr *ip, uint32_t v4)
{
	*ip = (struct in6_addr){0};
	ip->s6_addr[10] = ip->s6_addr[11] = 0xff;
	aet_copy(&ip->s6_addr[12], &v4, sizeof(v4));
}

/* Connecting to no address in particular means the loopback. */
static void name_loopback(struct target *target)
{
	static const struct in6_addr any = {0};
	static const uint8_t v4_any[4];

	if (target->is_v4 && is_same(&target->ip.s6_addr[12], v4_any, sizeof(v4_any)))
		map_v4(&target->ip, htonl(INADDR_LOOPBACK));
	else if (is_same(&target->ip, &any, sizeof(any)))
		target->ip.s6_addr[15] = 1;
}

static bool read_inet(const struct sockaddr *addr, socklen_t length, struct target *target)
{
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;

	target->family = AF_INET6;
	if (addr->sa_family == AF_INET && length >= sizeof(*in)) {
		target->is_v4 = true;
		target->port = in->sin_port;
		map_v4(&target->ip, in->sin_addr.s_addr);
	} else if (addr->sa_family == AF_INET6 && length >= sizeof(*in6)) {
		target->is_v4 = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
		target->port = in6->sin6_port;
		target->ip = in6->sin6_addr;
	} else {
		return false;
	}
	name_loopback(target);
	return true;
}

static bool read_unix(const struct sockaddr *addr, socklen_t length, struct target *target)
{
	char path[sizeof(target->un->sun_path) + 1] = "";
	struct stat status = {0};
	socklen_t name = length - (socklen_t)offsetof(struct sockaddr_un, sun_path);

	target->family = AF_UNIX;
	target->un = (const void *)addr;
	if (length <= offsetof(struct sockaddr_un, sun_path) || length > sizeof(*target->un))
		return false;
	if (target->un->sun_path[0] == '\0') {
		target->name = name;
		return true;
	}
	aet_copy(path, target->un->sun_path, name);
	if (AET_SYS4(newfstatat, AT_FDCWD, path, &status, 0) < 0)
		return false;
	target->dev = status.st_dev;
	target->ino = status.st_ino;
	return true;
}

/* The kernel sends to an address of this machine from that address. No packet is sent. */
static bool is_of_this_machine(const struct in6_addr *ip, bool is_v4)
{
	struct sockaddr_in6 name = {
		.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = *ip};
	int length = sizeof(name);
	int fd;
	bool is_own = false;

	if (is_v4 ? ip->s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(ip))
		return true;
	fd = (int)AET_SYS3(socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (AET_SYS3(connect, fd, &name, sizeof(name)) == 0 &&
		AET_SYS3(getsockname, fd, &name, &length) == 0)
		is_own = is_same(&name.sin6_addr, ip, sizeof(*ip));
	(void)AET_SYS1(close, fd);
	return is_own;
}

enum match { MATCH_NONE, MATCH_WILDCARD, MATCH_EXACT };

static enum match match_inet(const struct aet_book_entry *entry, const struct target *target)
{
	const struct sockaddr_in *in = (const void *)entry->address.bytes;
	const struct sockaddr_in6 *in6 = (const void *)entry->address.bytes;
	struct in6_addr ip;

	if (target->family == AF_UNIX || in->sin_port != target->port)
		return MATCH_NONE;
	if (entry->address.family == AF_INET) {
		map_v4(&ip, in->sin_addr.s_addr);
		if (in->sin_addr.s_addr == INADDR_ANY)
			return target->is_v4 ? MATCH_WILDCARD : MATCH_NONE;
	} else {
		ip = in6->sin6_addr;
		if (IN6_IS_ADDR_UNSPECIFIED(&ip))
			return target->is_v4 && (entry->flags & AET_SOCKET_V6ONLY) ? MATCH_NONE
										   : MATCH_WILDCARD;
	}
	return is_same(&ip, &target->ip, sizeof(ip)) ? MATCH_EXACT : MATCH_NONE;
}

static enum match match_unix(const struct aet_book_entry *entry, const struct target *target)
{
	const struct sockaddr_un *un = (const void *)entry->address.bytes;

	if (target->family != AF_UNIX)
		return MATCH_NONE;
	if (target->name == 0)
		return entry->ino != 0 && entry->ino == target->ino && entry->dev == target->dev
			? MATCH_EXACT
			: MATCH_NONE;
	return entry->address.length == target->name + offsetof(struct sockaddr_un, sun_path) &&
			is_same(un->sun_path, target->un->sun_path, target->name)
		? MATCH_EXACT
		: MATCH_NONE;
}

struct finding {
	enum match match; /* of the entries that count */
	enum aet_book_answer answer;
	uint32_t listener;
	struct aet_door door;
};

/* Of several at one address (SO_REUSEPORT) one that the generation has bound counts. */
static void weigh(const struct aet_book_entry *entry, const struct target *target, bool waits,
	struct finding *best)
{
	struct finding found = {0};

	found.match = entry->address.family == AF_UNIX ? match_unix(entry, target)
						       : match_inet(entry, target);
	if (found.match == MATCH_NONE || found.match < best->match)
		return;
	found.answer = aet_book_ask(entry, aet_lib.generation, waits, &found.door);
	found.listener = entry->listener;
	if (found.match > best->match || best->answer == AET_BOOK_NOBODY)
		*best = found;
}

static struct finding find(const struct aet_page *page, const struct target *target)
{
	enum aet_role role = aet_word_role(atomic_load(&page->word), aet_lib.generation);
	bool waits = role != AET_ROLE_SERVE && role != AET_ROLE_HOLD;
	const struct aet_book *book = &page->book;

	for (int i = 0; i < AET_BOOK_TRIES; i++) {
		uint32_t sequence = atomic_load(&book->sequence);
		struct finding best = {0};

		if (sequence & 1) {
			(void)AET_SYS0(sched_yield);
			continue;
		}
		for (uint32_t n = 0; n < AET_MIN(book->count, (uint32_t)AET_BOOK_ENTRIES); n++)
			weigh(&book->entries[n], target, waits, &best);
		if (best.answer == AET_BOOK_NOBODY && aet_book_reaches(book, aet_lib.generation))
			best.answer = AET_BOOK_FREE;
		if (atomic_load(&book->sequence) == sequence)
			return best;
	}
	return (struct finding){0};
}

/* A TCP door is shut until somebody of the generation wants in. */
static bool is_let_in(const struct finding *found)
{
	struct aet_knock request = {.listener = found->listener};
	struct aet_message reply;
	uint64_t mask;
	int result;

	if (found->door.is_open)
		return true;
	aet_lock(&mask);
	result = aet_client_ask(AET_MSG_KNOCK, &request, sizeof(request), NULL, 0, &reply,
		sizeof(struct aet_knock_reply));
	if (result == 0)
		aet_message_drop(&reply);
	aet_unlock(&mask);
	return result == 0;
}

static void point_to(const struct aet_door *door, int family, struct aet_way *ret_way)
{
	struct sockaddr_un *un = (void *)&ret_way->name;
	struct sockaddr_in *in = (void *)&ret_way->name;
	struct sockaddr_in6 *in6 = (void *)&ret_way->name;

	ret_way->name = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
	switch (family) {
	case AF_UNIX:
		aet_copy(un->sun_path, door->name, AET_DOOR_NAME);
		ret_way->length = offsetof(struct sockaddr_un, sun_path) + AET_DOOR_NAME;
		break;
	case AF_INET:
		in->sin_port = htons(door->port);
		in->sin_addr.s_addr = door->ip;
		ret_way->length = sizeof(*in);
		break;
	default:
		in6->sin6_port = htons(door->port);
		map_v4(&in6->sin6_addr, door->ip);
		ret_way->length = sizeof(*in6);
	}
}

static bool is_stream(int fd)
{
	int type = aet_identity_type(fd);

	return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

enum aet_book_answer aet_reach(
	int fd, const struct sockaddr *addr, socklen_t length, struct aet_way *ret_way)
{
	struct target target = {0};
	const struct aet_page *page;
	struct finding found;

	if (!addr || length < sizeof(addr->sa_family) || !is_stream(fd))
		return AET_BOOK_FREE;
	if (addr->sa_family == AF_UNIX ? !read_unix(addr, length, &target)
				       : !read_inet(addr, length, &target))
		return AET_BOOK_FREE;
	page = aet_view_look();
	if (!page || aet_view_is_free())
		return AET_BOOK_FREE;
	found = find(page, &target);
	if (found.answer == AET_BOOK_FREE ||
		(found.match == MATCH_WILDCARD && !is_of_this_machine(&target.ip, target.is_v4)))
		return AET_BOOK_FREE;
	ret_way->error = target.ino != 0 ? ENOENT : ECONNREFUSED;
	if (found.answer == AET_BOOK_DOOR) {
		bool is_unix = addr->sa_family == AF_UNIX;

		if (is_unix != found.door.has_name || !is_let_in(&found))
			return AET_BOOK_FREE;
		point_to(&found.door, addr->sa_family, ret_way);
	}
	return found.answer;
}

bool aet_reach_hides(uint64_t dev, uint64_t ino)
{
	const struct target target = {.family = AF_UNIX, .dev = dev, .ino = ino};
	const struct aet_page *page = aet_view_look();

	return page && !aet_view_is_free() && find(page, &target).answer == AET_BOOK_NOBODY;
}
