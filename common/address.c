/*
 * Freestanding: it is compiled into the preload library too, so there is no inet_pton, no
 * snprintf and no allocation here.
 */
#include "address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "util.h"

static const struct {
	const char *scheme;
	uint16_t family;
	uint16_t type;
	bool accepted; /* as input; the others are only printed */
} schemes[] = {
	{"tcp://", AF_INET, SOCK_STREAM, true},
	{"tcp6://", AF_INET6, SOCK_STREAM, true},
	{"udp://", AF_INET, SOCK_DGRAM, true},
	{"udp6://", AF_INET6, SOCK_DGRAM, true},
	{"unix://", AF_UNIX, SOCK_STREAM, true},
	{"unixgram://", AF_UNIX, SOCK_DGRAM, false},
	{"unixpacket://", AF_UNIX, SOCK_SEQPACKET, false},
};

static void fail(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
}

static void copy(void *to, const void *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

/* Reads digits up to limit; -1 when there are none or the number is larger. */
static long read_number(const char **at, int base, long limit)
{
	const char *start = *at;
	long value = 0;

	for (;; (*at)++) {
		char c = **at;
		int digit = c >= '0' && c <= '9' ? c - '0'
			: base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10
			: base == 16 && c >= 'A' && c <= 'F' ? c - 'A' + 10
							      : -1;

		if (digit < 0)
			break;
		value = value * base + digit;
		if (value > limit)
			return -1;
	}
	return *at == start ? -1 : value;
}

static bool read_ipv4(const char **at, uint8_t *ret_bytes)
{
	for (int i = 0; i < 4; i++) {
		long part = read_number(at, 10, 255);

		if (part < 0 || (i < 3 && *(*at)++ != '.'))
			return false;
		ret_bytes[i] = (uint8_t)part;
	}
	return true;
}

/* Groups, one "::", and an IPv4 tail: RFC 4291, section 2.2. */
static bool read_ipv6(const char **at, uint8_t *ret_bytes)
{
	uint8_t bytes[16] = {0};
	int used = 0;
	int gap = -1;

	if ((*at)[0] == ':' && (*at)[1] == ':') {
		gap = 0;
		*at += 2;
	}
	while (used < 16 && **at != ']' && **at != '\0') {
		const char *group = *at;
		long value = read_number(at, 16, 0xffff);

		if (value < 0)
			return false;
		if (**at == '.') {
			*at = group;
			if (used > 12 || !read_ipv4(at, bytes + used))
				return false;
			used += 4;
			break;
		}
		bytes[used++] = (uint8_t)(value >> 8);
		bytes[used++] = (uint8_t)value;
		if (**at != ':')
			break;
		(*at)++;
		if (**at == ':') {
			if (gap >= 0)
				return false;
			gap = used;
			(*at)++;
		} else if (**at == ']' || **at == '\0') {
			return false;
		}
	}
	if (gap < 0 ? used != 16 : used > 14)
		return false;
	for (int i = 0; i < 16; i++)
		ret_bytes[i] = 0;
	if (gap < 0)
		gap = used;
	copy(ret_bytes, bytes, (size_t)gap);
	copy(ret_bytes + 16 - (used - gap), bytes + gap, (size_t)(used - gap));
	return true;
}

static bool read_port(const char *text, uint16_t *ret_port, const char **ret_why)
{
	long port;

	if (*text++ != ':') {
		fail(ret_why, "the port is missing: write ADDRESS:PORT");
		return false;
	}
	port = read_number(&text, 10, 65535);
	if (port < 0 || *text) {
		fail(ret_why, "the port has to be a number from 0 to 65535");
		return false;
	}
	*ret_port = htons((uint16_t)port);
	return true;
}

static int parse_ipv4(const char *text, struct aet_address *address, const char **ret_why)
{
	struct sockaddr_in *in = (void *)address->bytes;

	in->sin_family = AF_INET;
	if (*text == '*')
		text++;
	else if (*text != ':' && !read_ipv4(&text, (uint8_t *)&in->sin_addr)) {
		fail(ret_why, "an IP address is wanted, such as 127.0.0.1 or 0.0.0.0, not a name");
		return -EINVAL;
	}
	address->length = sizeof(*in);
	return read_port(text, &in->sin_port, ret_why) ? 0 : -EINVAL;
}

static int parse_ipv6(const char *text, struct aet_address *address, const char **ret_why)
{
	struct sockaddr_in6 *in6 = (void *)address->bytes;

	in6->sin6_family = AF_INET6;
	if (*text++ != '[' || !read_ipv6(&text, (uint8_t *)&in6->sin6_addr) || *text++ != ']') {
		fail(ret_why, "an IPv6 address in brackets is wanted, such as [::]:8080");
		return -EINVAL;
	}
	address->length = sizeof(*in6);
	return read_port(text, &in6->sin6_port, ret_why) ? 0 : -EINVAL;
}

static int parse_unix(const char *text, struct aet_address *address, const char **ret_why)
{
	struct sockaddr_un *un = (void *)address->bytes;
	size_t length = length_of(text);

	un->sun_family = AF_UNIX;
	if (*text != '/' && !(*text == '@' && length > 1)) {
		fail(ret_why, "an absolute path or @NAME is wanted");
		return -EINVAL;
	}
	if (length >= sizeof(un->sun_path)) {
		fail(ret_why, "the path is longer than the 107 bytes a socket's name can have");
		return -EINVAL;
	}
	copy(un->sun_path, text, length);
	address->length = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (*text == '@')
		un->sun_path[0] = '\0';
	else
		address->length++;
	return 0;
}

static const char *after_prefix(const char *text, const char *prefix)
{
	for (; *prefix; prefix++, text++)
		if (*text != *prefix)
			return NULL;
	return text;
}

int aet_address_parse(const char *text, struct aet_address *ret_address, const char **ret_why)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(schemes); i++) {
		struct aet_address address = {
			.family = schemes[i].family, .type = schemes[i].type};
		const char *rest = after_prefix(text, schemes[i].scheme);
		int result;

		if (!rest || !schemes[i].accepted)
			continue;
		if (address.family == AF_INET && *rest == '[')
			address.family = AF_INET6;
		if (address.family == AF_INET)
			result = parse_ipv4(rest, &address, ret_why);
		else if (address.family == AF_INET6)
			result = parse_ipv6(rest, &address, ret_why);
		else
			result = parse_unix(rest, &address, ret_why);
		if (result == 0)
			*ret_address = address;
		return result;
	}
	fail(ret_why, "an address starts with tcp://, tcp6://, udp://, udp6:// or unix://");
	return -EINVAL;
}

/* --- text --- */

struct text {
	char *at;
	char *end; /* the last place, kept for the NUL */
};

static void put(struct text *text, const char *what)
{
	while (*what && text->at < text->end)
		*text->at++ = *what++;
}

static void put_number(struct text *text, unsigned long value, unsigned base)
{
	char digits[24];
	int i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = "0123456789abcdef"[value % base];
	while (value /= base);
	put(text, digits + i);
}

static void put_ipv6(struct text *text, const uint8_t *bytes)
{
	int best = -1;
	int best_length = 1; /* a single zero group stays, RFC 5952 */

	for (int i = 0; i < 8; i++) {
		int length = 0;

		while (i + length < 8 && !bytes[2 * (i + length)] && !bytes[2 * (i + length) + 1])
			length++;
		if (length > best_length) {
			best = i;
			best_length = length;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			put(text, "::");
			i += best_length - 1;
			continue;
		}
		if (i > 0 && i != best + best_length)
			put(text, ":");
		put_number(text, (unsigned long)bytes[2 * i] << 8 | bytes[2 * i + 1], 16);
	}
}

static void put_unix(struct text *text, const struct aet_address *address)
{
	const struct sockaddr_un *un = (const void *)address->bytes;
	size_t length = address->length - offsetof(struct sockaddr_un, sun_path);

	if (address->length <= offsetof(struct sockaddr_un, sun_path))
		return;
	for (size_t i = 0; i < length && i < sizeof(un->sun_path); i++) {
		char one[2] = {un->sun_path[i], '\0'};

		if (i == 0 && one[0] == '\0')
			one[0] = '@';
		else if (one[0] == '\0')
			return;
		else if (one[0] < 0x20 || one[0] == 0x7f)
			one[0] = '?';
		put(text, one);
	}
}

char *aet_address_format(const struct aet_address *address, char *buf, size_t size)
{
	struct text text = {buf, buf + size - 1};
	const struct sockaddr_in *in = (const void *)address->bytes;
	const struct sockaddr_in6 *in6 = (const void *)address->bytes;
	const uint8_t *v4 = (const uint8_t *)&in->sin_addr;

	for (size_t i = 0; i < AET_ARRAY_SIZE(schemes); i++)
		if (schemes[i].family == address->family && schemes[i].type == address->type)
			put(&text, schemes[i].scheme);
	if (address->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			put_number(&text, v4[i], 10);
			put(&text, i < 3 ? "." : ":");
		}
		put_number(&text, ntohs(in->sin_port), 10);
	} else if (address->family == AF_INET6) {
		put(&text, "[");
		put_ipv6(&text, (const uint8_t *)&in6->sin6_addr);
		put(&text, "]:");
		put_number(&text, ntohs(in6->sin6_port), 10);
	} else if (address->family == AF_UNIX) {
		put_unix(&text, address);
	}
	*text.at = '\0';
	return buf;
}

int aet_address_from_sockaddr(const struct sockaddr *sa, socklen_t length, int type,
	struct aet_address *ret_address)
{
	struct aet_address address = {.family = sa->sa_family, .type = (uint16_t)type};
	socklen_t least = sizeof(sa->sa_family);

	if (sa->sa_family == AF_INET)
		least = length = AET_MIN(length, (socklen_t)sizeof(struct sockaddr_in));
	else if (sa->sa_family == AF_INET6)
		length = AET_MIN(length, (socklen_t)sizeof(struct sockaddr_in6));
	else if (sa->sa_family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (sa->sa_family == AF_INET && length < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (sa->sa_family == AF_INET6 && length < 24) /* without the scope, RFC 2133 */
		return -EINVAL;
	if (length < least || length > sizeof(address.bytes))
		return -EINVAL;
	copy(address.bytes, sa, length);
	address.length = length;
	if (sa->sa_family == AF_INET) /* sin_zero is not part of the address */
		for (size_t i = 8; i < sizeof(struct sockaddr_in); i++)
			address.bytes[i] = 0;
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 *in6 = (void *)address.bytes;

		in6->sin6_flowinfo = 0;
		address.length = sizeof(*in6);
	}
	if (sa->sa_family == AF_UNIX && length > offsetof(struct sockaddr_un, sun_path) &&
		((const struct sockaddr_un *)sa)->sun_path[0] != '\0') {
		/* the path may come with or without its NUL: the length without doubt is canonical */
		struct sockaddr_un *un = (void *)address.bytes;
		size_t path = 0;

		while (path < length - offsetof(struct sockaddr_un, sun_path) &&
			un->sun_path[path])
			path++;
		address.length = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + path + 1);
	}
	*ret_address = address;
	return 0;
}

unsigned aet_address_port(const struct aet_address *address)
{
	if (address->family != AF_INET && address->family != AF_INET6)
		return 0;
	return (unsigned)address->bytes[2] << 8 | address->bytes[3]; /* both have it there */
}
