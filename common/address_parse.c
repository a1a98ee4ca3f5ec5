/*
 * Addresses as people write them, read. Compiled into the freestanding library too: no allocation,
 * no locale, nothing of libc but memcpy and memset.
 *
 * A host name is never looked up: the launcher must not wait for a resolver while it holds a
 * service. What is made here is canonical in the sense of address.c.
 */
#include "address_parse.h"

#include "util.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

#include "address.h"
#include "util.h"

#define UN_PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define UN_PATH_SIZE   sizeof(((struct sockaddr_un *)0)->sun_path)

struct scheme {
	const char *prefix;
	uint16_t family;
	uint16_t type;
};

static const struct scheme schemes[] = {
	{"tcp://", AF_INET, SOCK_STREAM},
	{"tcp6://", AF_INET6, SOCK_STREAM},
	{"udp://", AF_INET, SOCK_DGRAM},
	{"udp6://", AF_INET6, SOCK_DGRAM},
	{"unix://", AF_UNIX, SOCK_STREAM},
};

static const char why_host[] = "needs an IP address, not a host name: 127.0.0.1 for this machine "
			       "alone, 0.0.0.0 for everybody";

static size_t text_length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads a decimal number up to max from *cursor, which is moved past it; false: there is none. */
static bool take_number(const char **cursor, const char *end, uint32_t max, uint32_t *ret_value)
{
	const char *p = *cursor;
	uint64_t value = 0;

	while (p < end && is_digit(*p) && value <= max)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == *cursor || value > max)
		return false;

	*cursor = p;
	*ret_value = (uint32_t)value;
	return true;
}

/* Four numbers of at most three digits; leading zeros, which some read as octal, are refused. */
static bool parse_ipv4(const char *text, const char *end, uint8_t *ret_bytes)
{
	uint8_t bytes[4];
	const char *p = text;

	for (int i = 0; i < 4; i++) {
		uint32_t value;

		if (i > 0 && (p >= end || *p++ != '.'))
			return false;
		if (p + 1 < end && *p == '0' && is_digit(p[1]))
			return false;
		if (!take_number(&p, end, 255, &value))
			return false;
		bytes[i] = (uint8_t)value;
	}
	if (p != end)
		return false;

	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}

/* Reads one group of up to four hex digits. */
static bool take_group(const char **cursor, const char *end, uint8_t *ret_bytes)
{
	const char *p = *cursor;
	unsigned value = 0;

	while (p < end && p - *cursor < 4 && hex_value(*p) >= 0)
		value = value << 4 | (unsigned)hex_value(*p++);
	if (p == *cursor)
		return false;

	ret_bytes[0] = (uint8_t)(value >> 8);
	ret_bytes[1] = (uint8_t)value;
	*cursor = p;
	return true;
}

static bool has_dot_before_colon(const char *p, const char *end)
{
	while (p < end && *p != ':' && *p != '.')
		p++;
	return p < end && *p == '.';
}

/* Reads groups from *cursor up to end or "::"; returns the bytes written, or -1. */
static int take_groups(const char **cursor, const char *end, uint8_t *bytes, int room)
{
	int n = 0;

	while (*cursor < end && **cursor != ':') {
		if (has_dot_before_colon(*cursor, end)) {
			if (n + 4 > room || !parse_ipv4(*cursor, end, bytes + n))
				return -1;
			*cursor = end;
			return n + 4;
		}
		if (n + 2 > room || !take_group(cursor, end, bytes + n))
			return -1;
		n += 2;
		if (*cursor == end)
			break;
		if (**cursor != ':' || *cursor + 1 == end)
			return -1;
		if ((*cursor)[1] == ':')
			break;
		(*cursor)++;
	}
	return n;
}

/* RFC 4291 text, without a scope. */
static bool parse_ipv6(const char *text, const char *end, uint8_t *ret_bytes)
{
	uint8_t bytes[16] = {0};
	uint8_t tail[16];
	const char *p = text;
	int head_size, tail_size;

	head_size = take_groups(&p, end, bytes, sizeof(bytes));
	if (head_size < 0)
		return false;
	if (p == end && head_size != sizeof(bytes))
		return false;

	if (p < end) {
		/* "::" stands for one group at least. */
		if (end - p < 2 || p[0] != ':' || p[1] != ':' || head_size > (int)sizeof(bytes) - 2)
			return false;
		p += 2;
		tail_size = take_groups(&p, end, tail, (int)sizeof(bytes) - 2 - head_size);
		if (tail_size < 0 || p != end)
			return false;
		memcpy(bytes + sizeof(bytes) - tail_size, tail, (size_t)tail_size);
	}

	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}

/* Puts the sockaddr of an address into *ret_address, the rest of it zero. */
static void set_bytes(struct aet_address *ret_address, uint16_t family, uint16_t type,
	const void *sockaddr, size_t length)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->family = family;
	ret_address->type = type;
	ret_address->length = (uint32_t)length;
	memcpy(ret_address->bytes, sockaddr, length);
}

/* Reads the port, in network order: htons() is a call where nothing is inlined. */
static const char *parse_port(const char *text, in_port_t *ret_port)
{
	const char *p = text;
	const char *end = text + text_length(text);
	uint32_t port;

	if (p == end)
		return "lacks a port, as in tcp://0.0.0.0:8080";
	if (!take_number(&p, end, 65535, &port) || p != end || end - text > 5)
		return "has a bad port: a number up to 65535 is wanted";

	memcpy(ret_port, (uint8_t[2]){(uint8_t)(port >> 8), (uint8_t)port}, sizeof(*ret_port));
	return NULL;
}

/* host:port, host empty or '*' for every address. */
static const char *parse_inet(const char *rest, uint16_t type, struct aet_address *ret_address)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	const char *colon = NULL, *why;

	for (const char *p = rest; *p; p++) {
		if (*p == ':' && colon)
			return "has too many colons: an IPv6 address wants brackets, as in "
			       "tcp6://[::1]:8080";
		if (*p == ':')
			colon = p;
	}
	if (!colon)
		return "lacks a port, as in tcp://0.0.0.0:8080";

	if (colon != rest && !(colon == rest + 1 && *rest == '*') &&
		!parse_ipv4(rest, colon, (uint8_t *)&sin.sin_addr)) {
		for (const char *p = rest; p < colon; p++)
			if (!is_digit(*p) && *p != '.')
				return why_host;
		return "has a bad IPv4 address: four numbers up to 255 are wanted";
	}
	why = parse_port(colon + 1, &sin.sin_port);
	if (why)
		return why;

	set_bytes(ret_address, AF_INET, type, &sin, sizeof(sin));
	return NULL;
}

/* [address]:port or [address%scope]:port, the scope a number. */
static const char *parse_bracketed(const char *rest, uint16_t type, struct aet_address *ret_address)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	const char *close = rest + 1, *scope, *why;

	while (*close && *close != ']')
		close++;
	if (!*close)
		return "lacks the closing bracket of its IPv6 address";

	for (scope = rest + 1; scope < close && *scope != '%'; scope++)
		;
	if (!parse_ipv6(rest + 1, scope, sin6.sin6_addr.s6_addr))
		return "has a bad IPv6 address between the brackets";
	if (scope < close) {
		scope++;
		if (!take_number(&scope, close, UINT32_MAX, &sin6.sin6_scope_id) || scope != close)
			return "has a bad scope: the number of an interface is wanted after '%'";
	}
	if (close[1] != ':')
		return "lacks a port, as in tcp6://[::]:8080";
	why = parse_port(close + 2, &sin6.sin6_port);
	if (why)
		return why;

	set_bytes(ret_address, AF_INET6, type, &sin6, sizeof(sin6));
	return NULL;
}

static const char *parse_inet6(const char *rest, uint16_t type, struct aet_address *ret_address)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	const char *why;

	if (*rest == '[')
		return parse_bracketed(rest, type, ret_address);

	if (*rest == '*')
		rest++;
	if (*rest != ':' || !is_digit(rest[1]))
		return "wants an IPv6 address in brackets, as in tcp6://[::]:8080";
	why = parse_port(rest + 1, &sin6.sin6_port);
	if (why)
		return why;

	set_bytes(ret_address, AF_INET6, type, &sin6, sizeof(sin6));
	return NULL;
}

static const char *parse_unix(const char *rest, uint16_t type, struct aet_address *ret_address)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = text_length(rest);

	if (*rest != '/' && *rest != '@')
		return "wants an absolute path or an abstract name, as in unix:///run/x.sock or "
		       "unix://@name";
	if (n == 1)
		return "names no socket after unix://";
	if (n > UN_PATH_SIZE || (*rest == '/' && n > UN_PATH_SIZE - 1))
		return "is too long: the kernel takes 107 bytes of a unix socket's name";

	memcpy(sun.sun_path, rest, n);
	if (*rest == '@')
		sun.sun_path[0] = '\0';
	set_bytes(ret_address, AF_UNIX, type, &sun, UN_PATH_OFFSET + n + (*rest == '/'));
	return NULL;
}

static const struct scheme *find_scheme(const char *text, const char **ret_rest)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(schemes); i++) {
		size_t n = text_length(schemes[i].prefix), k = 0;

		while (k < n && text[k] == schemes[i].prefix[k])
			k++;
		if (k == n) {
			*ret_rest = text + n;
			return &schemes[i];
		}
	}
	return NULL;
}

int aet_address_parse(const char *text, struct aet_address *ret_address, const char **ret_why)
{
	const struct scheme *scheme;
	const char *rest, *why;

	scheme = find_scheme(text, &rest);
	if (!scheme)
		why = "needs one of tcp://, tcp6://, udp://, udp6:// and unix:// in front, as in "
		      "tcp://0.0.0.0:8080";
	else if (scheme->family == AF_UNIX)
		why = parse_unix(rest, scheme->type, ret_address);
	else if (scheme->family == AF_INET6)
		why = parse_inet6(rest, scheme->type, ret_address);
	else if (*rest == '[')
		why = parse_bracketed(rest, scheme->type, ret_address);
	else
		why = parse_inet(rest, scheme->type, ret_address);

	if (why && ret_why)
		*ret_why = why;
	return why ? -EINVAL : 0;
}
