/*
 * One connection of the server framing.c: reads and writes in pieces of any size by every kind of
 * call, compares each request with what it has to be, says its answer.
 */
#ifndef FRAMING_IO_H
#define FRAMING_IO_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "framing.h"
#include "program_mode.h"

#define CONNECTIONS 1000 /* select(2) takes no more */

struct connection {
	bool open;
	bool readable;
	bool broken; /* 400 was said */
	bool continued;
	unsigned kind, client, number;
	size_t in_length;
	size_t matched; /* of the request */
	size_t sent; /* of what is being said */
	struct framing_message request;
	struct framing_message said;
	char in[4096];
};

static struct connection connections[CONNECTIONS];
static int pattern_fd;
static bool reads_unseen; /* now and then by number, past libc and whoever stands before it */
static unsigned generation;

static inline unsigned draw(unsigned below)
{
	static __thread unsigned state;

	if (!state)
		state = ((unsigned)getpid() * 2654435761u ^ (unsigned)(size_t)&state) | 1;
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static inline size_t draw_size(size_t most)
{
	static const unsigned sizes[] = {1, 2, 7, 40, 300, 4096, 65536};
	size_t size = 1 + draw(sizes[draw(sizeof(sizes) / sizeof(*sizes))]);

	return size < most ? size : most;
}

static inline ssize_t read_piece(int fd, char *buffer, size_t room)
{
	char piece[4096]; /* of a size the compiler knows: the fortified names are called */
	size_t size = draw_size(room < sizeof(piece) ? room : sizeof(piece));
	size_t half = draw((unsigned)size + 1);
	struct iovec parts[2] = {{piece, half}, {piece + half, size - half}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n = -1;

	switch (draw(reads_unseen ? 12 : 6)) {
	case 0:
		n = read(fd, piece, size);
		break;
	case 1:
		n = recv(fd, piece, size, 0);
		break;
	case 2:
		n = recvfrom(fd, piece, size, 0, NULL, NULL);
		break;
	case 3:
		n = recvmsg(fd, &message, 0);
		break;
	case 4:
		n = readv(fd, parts, 2);
		break;
	case 5:
		n = recv(fd, piece, size, MSG_PEEK);
		if (n > 0)
			n = recv(fd, piece, (size_t)n, 0);
		break;
	case 6: /* tcp(7): the bytes are discarded */
		n = recv(fd, piece, size, MSG_PEEK);
		if (n > 0)
			n = recv(fd, NULL, (size_t)n, MSG_TRUNC);
		break;
	default:
		n = syscall(SYS_read, fd, piece, size);
	}
	if (n > 0)
		memcpy(buffer, piece, (size_t)n);
	return n;
}

static inline ssize_t write_bytes(int fd, char *bytes, size_t size, int flags)
{
	size_t half = draw((unsigned)size + 1);
	struct iovec parts[2] = {{bytes, half}, {bytes + half, size - half}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	switch (draw(5)) {
	case 0:
		return write(fd, bytes, size);
	case 1:
		return send(fd, bytes, size, MSG_NOSIGNAL | flags);
	case 2:
		return sendto(fd, bytes, size, MSG_NOSIGNAL | flags, NULL, 0);
	case 3:
		return sendmsg(fd, &message, MSG_NOSIGNAL | flags);
	default:
		return writev(fd, parts, 2);
	}
}

static inline ssize_t write_piece(int fd, struct framing_message *said, size_t at)
{
	size_t left = said->length - at;
	size_t size = draw_size(left);

	for (int i = 0; i < said->region_count; i++) {
		const struct framing_region *region = &said->regions[i];
		size_t into = at - region->at;
		off_t offset = region->offset + (off_t)into;

		if (at < region->at || into >= region->length || draw(2))
			continue;
		return sendfile(fd, pattern_fd, &offset, draw_size(region->length - into));
	}
	return write_bytes(fd, said->bytes + at, size, size < left && draw(4) == 0 ? MSG_MORE : 0);
}

static inline void say(struct connection *c, const char *text)
{
	framing_free(&c->said);
	framing_text(&c->said, "%s", text);
	c->sent = 0;
}

static inline bool begin(struct connection *c)
{
	char *end = (char *)memmem(c->in, c->in_length, "\r\n", 2);
	char line[64] = "";

	if (!end) {
		if (c->in_length > sizeof(line))
			c->broken = true;
		return false;
	}
	if ((size_t)(end - c->in) >= sizeof(line))
		c->broken = true;
	else
		memcpy(line, c->in, (size_t)(end - c->in));
	if (sscanf(line, "%*s /%u/%u/%u HTTP", &c->kind, &c->client, &c->number) != 3 ||
		c->kind >= FRAMING_KINDS)
		c->broken = true;
	if (c->broken)
		return false;
	c->request = framing_request((enum framing_kind)c->kind, c->client, c->number);
	c->matched = 0;
	c->continued = false;
	return true;
}

/* Takes what has come of the request; says something where it is due. */
static inline void proceed(struct connection *c)
{
	size_t n;

	if (c->said.bytes || c->broken || c->in_length == 0)
		return;
	if (c->request.bytes || begin(c)) {
		n = c->request.length - c->matched;
		if (n > c->in_length)
			n = c->in_length;
		c->broken = memcmp(c->in, c->request.bytes + c->matched, n) != 0;
		c->matched += n;
		c->in_length -= n;
		memmove(c->in, c->in + n, c->in_length);
	}
	if (c->broken) {
		say(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	} else if (c->request.bytes && c->matched == c->request.length) {
		framing_free(&c->request);
		c->said = framing_answer(
			(enum framing_kind)c->kind, c->client, c->number, generation);
		c->sent = 0;
	} else if (c->kind == FRAMING_EXPECT && c->request.bytes && !c->continued &&
		c->matched >= c->request.head) {
		c->continued = true;
		say(c, FRAMING_CONTINUE);
	}
}

static inline bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static inline bool write_some(int fd, struct connection *c)
{
	ssize_t n = write_piece(fd, &c->said, c->sent);

	if (n < 0)
		return would_block();
	c->sent += (size_t)n;
	if (c->sent < c->said.length)
		return true;
	framing_free(&c->said);
	if (c->broken)
		return false;
	proceed(c);
	return true;
}

static inline bool read_some(int fd, struct connection *c)
{
	ssize_t n = read_piece(fd, c->in + c->in_length, sizeof(c->in) - c->in_length);

	if (n < 0) {
		c->readable = false;
		return would_block();
	}
	if (n == 0)
		return false;
	c->in_length += (size_t)n;
	proceed(c);
	return true;
}

/* One call on it; false: close it. */
static inline bool step(int fd, struct connection *c)
{
	bool room = c->in_length < sizeof(c->in);

	if (c->said.bytes && (draw(4) || !c->readable || !room))
		return write_some(fd, c);
	return c->readable && room ? read_some(fd, c) : true;
}

static inline void forget(int fd)
{
	struct connection *c = &connections[fd];

	framing_free(&c->said);
	framing_free(&c->request);
	memset(c, 0, offsetof(struct connection, in));
	close(fd);
}

#endif
