/*
 * Addresses from the kernel, and as text. Compiled into the freestanding library too: no
 * allocation, nothing of libc but memcpy and memset. Reading text is address_parse.c.
 *
 * Every address made here is canonical: bytes past its length, padding and flow labels are zero,
 * so that two addresses are the same when all their bytes are.
 */
#include "address.h"

#include "util.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#define UN_PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define TYPE_MASK      0xf /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

_Static_assert(sizeof(struct sockaddr_un) < sizeof(((struct aet_address *)0)->bytes),
	"a sockaddr_un fits, with a NUL after it");

static const struct {
	const char *prefix;
	uint16_t family;
	uint16_t type;
} schemes[] = {
	{"tcp://", AF_INET, SOCK_STREAM},
	{"tcp6://", AF_INET6, SOCK_STREAM},
	{"udp://", AF_INET, SOCK_DGRAM},
	{"udp6://", AF_INET6, SOCK_DGRAM},
	{"unix://", AF_UNIX, SOCK_STREAM},
	{"unixgram://", AF_UNIX, SOCK_DGRAM},
	{"unixpacket://", AF_UNIX, SOCK_SEQPACKET},
};

/* Where text goes: one byte is always left for the NUL, what does not fit is dropped. */
struct output {
	char *buf;
	size_t size;
	size_t length;
};

static void put_char(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length++] = c;
}

static void put_text(struct output *out, const char *text)
{
	while (*text)
		put_char(out, *text++);
}

static void put_number(struct output *out, uint32_t value, unsigned base)
{
	char digits[10];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n > 0)
		put_char(out, digits[--n]);
}

static void put_ipv4(struct output *out, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put_char(out, '.');
		put_number(out, bytes[i], 10);
	}
}

/* Finds the longest run of at least two zero groups, as RFC 5952 wants it. */
static int find_zeros(const uint16_t *groups, int *ret_start)
{
	int best = 1;

	*ret_start = -1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && groups[i + n] == 0)
			n++;
		if (n > best) {
			best = n;
			*ret_start = i;
		}
		i += n;
	}
	return *ret_start < 0 ? 0 : best;
}

static void put_ipv6(struct output *out, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint16_t groups[8];
	int start, count, i = 0;
	uint8_t differs = 0;

	for (size_t k = 0; k < sizeof(mapped); k++)
		differs |= bytes[k] ^ mapped[k];
	if (!differs) {
		put_text(out, "::ffff:");
		put_ipv4(out, bytes + sizeof(mapped));
		return;
	}

	for (int k = 0; k < 8; k++)
		groups[k] = (uint16_t)(bytes[2 * k] << 8 | bytes[2 * k + 1]);
	count = find_zeros(groups, &start);
	while (i < 8) {
		if (i == start) {
			put_text(out, "::");
			i += count;
			continue;
		}
		put_number(out, groups[i++], 16);
		if (i < 8 && i != start)
			put_char(out, ':');
	}
}

/* A path, or '@' and an abstract name, whose bytes may be anything. */
static void put_unix(struct output *out, const struct aet_address *address)
{
	const uint8_t *path = address->bytes + UN_PATH_OFFSET;
	size_t n = address->length > UN_PATH_OFFSET ? address->length - UN_PATH_OFFSET : 0;
	size_t i = 0;

	if (n > sizeof(address->bytes) - UN_PATH_OFFSET)
		n = sizeof(address->bytes) - UN_PATH_OFFSET;
	if (n > 0 && path[0] == '\0') {
		put_char(out, '@');
		i = 1;
	} else {
		while (n > 0 && path[n - 1] == '\0')
			n--;
	}
	for (; i < n; i++)
		put_char(out, path[i] > ' ' && path[i] < 0x7f ? (char)path[i] : '?');
}

static void put_host(struct output *out, const struct aet_address *address)
{
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;

	if (address->family == AF_UNIX) {
		put_unix(out, address);
		return;
	}
	if (address->family == AF_INET) {
		memcpy(&sin, address->bytes, sizeof(sin));
		put_ipv4(out, (const uint8_t *)&sin.sin_addr);
	} else {
		memcpy(&sin6, address->bytes, sizeof(sin6));
		put_char(out, '[');
		put_ipv6(out, sin6.sin6_addr.s6_addr);
		if (sin6.sin6_scope_id) {
			put_char(out, '%');
			put_number(out, sin6.sin6_scope_id, 10);
		}
		put_char(out, ']');
	}
	put_char(out, ':');
	put_number(out, aet_address_port(address), 10);
}

char *aet_address_format(const struct aet_address *address, char *buf, size_t size)
{
	struct output out = {.buf = buf, .size = size};
	const char *prefix = NULL;

	for (size_t i = 0; i < AET_ARRAY_SIZE(schemes); i++)
		if (schemes[i].family == address->family && schemes[i].type == address->type)
			prefix = schemes[i].prefix;

	if (prefix) {
		put_text(&out, prefix);
		put_host(&out, address);
	} else {
		put_text(&out, "unknown://");
	}
	if (size > 0)
		buf[out.length] = '\0';
	return buf;
}

/* Keeps the name's own length: up to the NUL of a path, all of an abstract name. */
static int from_unix(const struct sockaddr *sa, socklen_t length, struct aet_address *address)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = length - UN_PATH_OFFSET, used = 0;

	if (length > sizeof(sun))
		return -EINVAL;

	memcpy(&sun, sa, length);
	if (n > 0 && sun.sun_path[0] == '\0') {
		used = n;
	} else {
		while (used < n && sun.sun_path[used])
			used++;
	}
	memcpy(address->bytes, &sun, UN_PATH_OFFSET + used);
	address->length = (uint32_t)(UN_PATH_OFFSET + used);
	if (n > 0 && sun.sun_path[0] && used < sizeof(sun.sun_path))
		address->length++; /* its NUL */
	return 0;
}

static int from_inet(const struct sockaddr *sa, socklen_t length, struct aet_address *address)
{
	struct sockaddr_in sin;

	if (length < sizeof(sin))
		return -EINVAL;

	memcpy(&sin, sa, sizeof(sin));
	memset(sin.sin_zero, 0, sizeof(sin.sin_zero));
	memcpy(address->bytes, &sin, sizeof(sin));
	address->length = sizeof(sin);
	return 0;
}

static int from_inet6(const struct sockaddr *sa, socklen_t length, struct aet_address *address)
{
	struct sockaddr_in6 sin6;

	if (length < sizeof(sin6))
		return -EINVAL;

	memcpy(&sin6, sa, sizeof(sin6));
	sin6.sin6_flowinfo = 0;
	memcpy(address->bytes, &sin6, sizeof(sin6));
	address->length = sizeof(sin6);
	return 0;
}

int aet_address_from_sockaddr(
	const struct sockaddr *sa, socklen_t length, int type, struct aet_address *ret_address)
{
	struct aet_address address;
	int r;

	if (length < sizeof(sa->sa_family))
		return -EINVAL;

	memset(&address, 0, sizeof(address));
	memcpy(&address.family, sa, sizeof(address.family));
	address.type = (uint16_t)(type & TYPE_MASK);
	if (address.family == AF_INET)
		r = from_inet(sa, length, &address);
	else if (address.family == AF_INET6)
		r = from_inet6(sa, length, &address);
	else if (address.family == AF_UNIX)
		r = from_unix(sa, length, &address);
	else
		r = -EAFNOSUPPORT;
	if (r < 0)
		return r;

	*ret_address = address;
	return 0;
}

unsigned aet_address_port(const struct aet_address *address)
{
	const uint8_t *port = address->bytes + offsetof(struct sockaddr_in, sin_port);

	_Static_assert(
		offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
		"the port has the same place in both");
	if (address->family != AF_INET && address->family != AF_INET6)
		return 0;
	return (unsigned)port[0] << 8 | port[1];
}
