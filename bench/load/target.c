/*
 * From an URL to an address and a request. Names are not resolved: a resolver in the path would be
 * measured with the server. Only 127.0.0.0/8 gets several source addresses, because more than about
 * 28,000 connections from one address to one port do not fit into the range of local ports.
 */
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static const struct {
	const char *scheme;
	enum aet_protocol protocol;
} schemes[] = {
	{"http://", AET_PROTOCOL_HTTP},
	{"redis://", AET_PROTOCOL_REDIS},
	{"memcached://", AET_PROTOCOL_MEMCACHED},
	{"udp://", AET_PROTOCOL_UDP},
};

/* HOST:PORT with a numeric host, [::1]:PORT or localhost. */
static int set_inet(struct aet_target *target, const char *text, size_t len)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&target->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&target->address;
	char host[128];
	char *colon;
	int port;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	colon = strrchr(host, ':');
	if (!colon)
		return -EINVAL;
	*colon = '\0';
	port = atoi(colon + 1);
	if (port < 1 || port > 65535)
		return -EINVAL;
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		target->address_len = sizeof(*in6);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ? 0 : -EINVAL;
	}
	target->address_len = sizeof(*in);
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	if (!strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? 0 : -EINVAL;
}

static int set_unix(struct aet_target *target, const char *path, size_t len)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&target->address;

	if (len == 0 || len >= sizeof(un->sun_path))
		return -EINVAL;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len);
	if (path[0] == '@')
		un->sun_path[0] = '\0';
	target->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (path[0] != '@')
		target->address_len++;
	return 0;
}

static void decode_percent(char *out, size_t size, const char *text)
{
	char *limit = out + size - 1;

	while (*text && out < limit) {
		unsigned byte;

		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			text += 3;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

static int set_http(struct aet_target *target, const char *path, const char *host, size_t host_len)
{
	static const char format[] = "GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: aeterna-load\r\n"
				     "Accept: */*\r\nConnection: %s\r\n\r\n";
	int len;

	if (!*path)
		path = "/";
	(void)snprintf(
		target->once, sizeof(target->once), format, path, (int)host_len, host, "close");
	len = snprintf(target->again, sizeof(target->again), format, path, (int)host_len, host,
		"keep-alive");
	return len < (int)sizeof(target->again) ? 0 : -EINVAL;
}

static int set_command(struct aet_target *target, const char *path, const char *otherwise)
{
	char command[512];
	char *fragment;

	decode_percent(command, sizeof(command), *path == '/' ? path + 1 : path);
	fragment = strchr(command, '#');
	if (fragment) {
		*fragment++ = '\0';
		(void)snprintf(target->select, sizeof(target->select), "%s", fragment);
	}
	(void)snprintf(
		target->once, sizeof(target->once), "%s\r\n", *command ? command : otherwise);
	strcpy(target->again, target->once);
	return 0;
}

static int init_unix(struct aet_target *target, const char *rest)
{
	const char *path = strstr(rest, ":/");
	size_t len = path ? (size_t)(path - rest) : strlen(rest);
	int r = set_unix(target, rest, len);

	target->protocol = AET_PROTOCOL_HTTP;
	return r ? r : set_http(target, path ? path + 1 : "/", "localhost", 9);
}

int aet_target_init(struct aet_target *target, const char *url)
{
	*target = (struct aet_target){.sources = 1};
	if (!strncmp(url, "unix://", 7))
		return init_unix(target, url + 7);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const char *host = url + strlen(schemes[i].scheme);
		size_t len;
		int r;

		if (strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)))
			continue;
		target->protocol = schemes[i].protocol;
		len = strcspn(host, "/");
		r = set_inet(target, host, len);
		if (r || target->protocol == AET_PROTOCOL_UDP)
			return r;
		if (target->protocol == AET_PROTOCOL_HTTP)
			return set_http(target, host + len, host, len);
		return set_command(target, host + len,
			target->protocol == AET_PROTOCOL_REDIS ? "PING" : "version");
	}
	return -EINVAL;
}

int aet_target_socket(struct aet_target *target)
{
	int type = target->protocol == AET_PROTOCOL_UDP ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_in source = {.sin_family = AF_INET};
	int yes = 1;
	int fd = socket(target->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (target->sources < 2)
		return fd;
	/* The port is chosen at connect(), so that ports are shared by different peers. */
	source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + target->source_no++ % target->sources);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&source, sizeof(source)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}
