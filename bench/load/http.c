/*
 * HTTP/1.x answers: a status line that says 200, and a body by Content-Length, in chunks, or to the
 * end of the connection. Bytes beyond the body make the answer bad: nobody asked for them.
 */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct header {
	long length; /* -1: not given */
	bool chunked;
	bool last;
};

static enum aet_answer_state bad(struct aet_answer *answer, const char *why)
{
	(void)snprintf(answer->why, sizeof(answer->why), "%s", why);
	return AET_ANSWER_BAD;
}

static bool has_token(const char *value, size_t len, const char *token)
{
	size_t n = strlen(token);

	for (size_t i = 0; i + n <= len; i++)
		if (!strncasecmp(value + i, token, n))
			return true;
	return false;
}

static void read_field(struct header *header, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const char *value;
	size_t name_len;
	size_t value_len;

	if (!colon)
		return;
	name_len = (size_t)(colon - line);
	value = colon + 1;
	value_len = len - name_len - 1;
	if (name_len == 14 && !strncasecmp(line, "Content-Length", 14))
		header->length = strtol(value, NULL, 10);
	else if (name_len == 17 && !strncasecmp(line, "Transfer-Encoding", 17))
		header->chunked = has_token(value, value_len, "chunked");
	else if (name_len == 10 && !strncasecmp(line, "Connection", 10) &&
		has_token(value, value_len, "close"))
		header->last = true;
	else if (name_len == 10 && !strncasecmp(line, "Connection", 10) &&
		has_token(value, value_len, "keep-alive"))
		header->last = false;
}

/* 'end' points at the empty line; each line is ended by CR LF. */
static void read_header(struct header *header, const char *buf, const char *end)
{
	const char *line = buf;

	*header = (struct header){.length = -1, .last = !strncmp(buf, "HTTP/1.0", 8)};
	while (line < end) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((next ? next : end) - line);

		if (line != buf)
			read_field(header, line, len);
		line += len + 1;
	}
}

/* The length of a complete chunked body with its framing, 0 for one still incomplete, or -1. */
static long chunked_size(const char *body, size_t len)
{
	size_t at = 0;

	for (;;) {
		const char *line_end = memmem(body + at, len - at, "\r\n", 2);
		char *digits_end;
		unsigned long size;

		if (!line_end)
			return 0;
		size = strtoul(body + at, &digits_end, 16);
		if (digits_end == body + at || size > (1ul << 30))
			return -1;
		at = (size_t)(line_end - body) + 2 + size + 2;
		if (at > len)
			return 0;
		if (memcmp(body + at - 2, "\r\n", 2))
			return -1;
		if (!size)
			return (long)at;
	}
}

/* Moves the content of the chunks together; returns its length. */
static size_t join_chunks(char *body)
{
	char *from = body;
	char *to = body;

	for (;;) {
		char *line_end;
		size_t size = strtoul(from, &line_end, 16);

		line_end = strstr(line_end, "\r\n");
		if (!size)
			return (size_t)(to - body);
		memmove(to, line_end + 2, size);
		to += size;
		from = line_end + 2 + size + 2;
	}
}

static enum aet_answer_state read_chunks(char *body, size_t len, struct aet_answer *answer)
{
	long size = chunked_size(body, len);

	if (size < 0)
		return bad(answer, "broken chunk");
	if (!size)
		return AET_ANSWER_MORE;
	if ((size_t)size < len)
		return bad(answer, "bytes after the body");
	answer->body_len = join_chunks(body);
	return AET_ANSWER_DONE;
}

enum aet_answer_state aet_answer_parse_http(
	char *buf, size_t len, bool eof, struct aet_answer *answer)
{
	char *end = memmem(buf, len, "\r\n\r\n", 4);
	struct header header;
	size_t have;

	if (len >= 5 && strncmp(buf, "HTTP/", 5))
		return bad(answer, "not HTTP");
	if (!end)
		return AET_ANSWER_MORE;
	if (strncmp(buf, "HTTP/1.", 7) || strncmp(buf + 8, " 200", 4)) {
		(void)snprintf(answer->why, sizeof(answer->why), "status '%.60s'", buf);
		answer->why[strcspn(answer->why, "\r\n")] = '\0';
		return AET_ANSWER_BAD;
	}
	read_header(&header, buf, end);
	answer->body = end + 4;
	answer->last = header.last;
	have = len - (size_t)(answer->body - buf);
	if (header.chunked)
		return read_chunks(answer->body, have, answer);
	if (header.length < 0) {
		answer->last = true;
		answer->body_len = have;
		return eof ? AET_ANSWER_DONE : AET_ANSWER_MORE;
	}
	if (have > (size_t)header.length)
		return bad(answer, "bytes after the body");
	answer->body_len = have;
	return have == (size_t)header.length ? AET_ANSWER_DONE : AET_ANSWER_MORE;
}
