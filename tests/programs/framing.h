/*
 * Requests and answers that are a function of their number: the client knows every byte of the
 * answer, the server every byte of the request. C and C++; shared by the server framing.c and the
 * client of the tests.
 */
#ifndef FRAMING_H
#define FRAMING_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMING_PATTERN    65536 /* bytes of which all bodies are slices */
#define FRAMING_REGIONS    8
#define FRAMING_GENERATION "X-Generation: " /* six digits follow: the one thing not known before */
#define FRAMING_CONTINUE   "HTTP/1.1 100 Continue\r\n\r\n"

enum framing_kind {
	FRAMING_SIZED,
	FRAMING_CHUNKED,
	FRAMING_HEAD,
	FRAMING_HEAD_CHUNKED,
	FRAMING_NO_CONTENT,
	FRAMING_NOT_MODIFIED,
	FRAMING_OLD, /* HTTP/1.0 with keep-alive */
	FRAMING_POST,
	FRAMING_POST_CHUNKED,
	FRAMING_HINTS, /* a 103 before the answer */
	FRAMING_EXPECT, /* the body waits for a 100 */
	FRAMING_KINDS,
};

struct framing_region {
	size_t at;
	size_t length;
	long offset; /* in the pattern */
};

struct framing_message {
	char *bytes;
	size_t length;
	size_t head; /* bytes of the header */
	int region_count;
	struct framing_region regions[FRAMING_REGIONS];
};

static inline unsigned framing_hash(unsigned client, unsigned number, unsigned what)
{
	unsigned x = client * 2654435761u ^ (number + 1) * 2246822519u ^ (what + 1) * 3266489917u;

	x ^= x >> 15;
	x *= 2246822519u;
	x ^= x >> 13;
	x *= 3266489917u;
	return x ^ x >> 16;
}

/* All values, and every now and then what looks like a message. */
static inline const char *framing_pattern(void)
{
	static char pattern[FRAMING_PATTERN];
	static const char trap[] = "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";

	if (pattern[0])
		return pattern;
	for (unsigned i = 1; i < FRAMING_PATTERN; i++)
		pattern[i] = (char)framing_hash(1, i, 2);
	for (unsigned i = 100; i + sizeof(trap) < FRAMING_PATTERN; i += 300)
		memcpy(pattern + i, trap, sizeof(trap) - 1);
	pattern[0] = 1;
	return pattern;
}

static inline void framing_add(struct framing_message *m, const char *bytes, size_t length)
{
	m->bytes = (char *)realloc(m->bytes, m->length + length + 1);
	memcpy(m->bytes + m->length, bytes, length);
	m->length += length;
	m->bytes[m->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void framing_text(
	struct framing_message *m, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	framing_add(m, text, strlen(text));
}

static inline void framing_slice(struct framing_message *m, long offset, size_t length)
{
	struct framing_region *region = &m->regions[m->region_count++];

	region->at = m->length;
	region->length = length;
	region->offset = offset;
	framing_add(m, framing_pattern() + offset, length);
}

static inline size_t framing_size(unsigned hash)
{
	if (hash % 16 == 0)
		return hash / 16 % 20000;
	return hash / 16 % 300;
}

static inline void framing_end_head(struct framing_message *m, const char *last)
{
	framing_text(m, "%s\r\n", last);
	m->head = m->length;
}

static inline void framing_sized(struct framing_message *m, unsigned hash, int with_body)
{
	size_t size = framing_size(hash);
	char line[64];

	(void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n", size);
	framing_end_head(m, line);
	if (with_body)
		framing_slice(m, (long)(hash % 40000), size);
}

static inline void framing_chunked(struct framing_message *m, unsigned hash, int with_body)
{
	framing_end_head(m, "Transfer-Encoding: chunked\r\n");
	if (!with_body)
		return;
	for (unsigned i = 0; i < hash % FRAMING_REGIONS; i++) {
		size_t size = framing_size(framing_hash(hash, i, 3)) + 1;

		framing_text(m, i % 2 ? "%zx\r\n" : "%zX;n=1\r\n", size);
		framing_slice(m, (long)(framing_hash(hash, i, 4) % 40000), size);
		framing_text(m, "\r\n");
	}
	framing_text(m, hash % 3 ? "0\r\n\r\n" : "0\r\nX-Trailer: 1\r\n\r\n");
}

static inline struct framing_message framing_request(
	enum framing_kind kind, unsigned client, unsigned number)
{
	static const char *const methods[FRAMING_KINDS] = {
		"GET", "GET", "HEAD", "HEAD", "DELETE", "GET", "GET", "POST", "PUT", "GET", "POST"};
	unsigned hash = framing_hash(client, number, 5);
	struct framing_message m;

	memset(&m, 0, sizeof(m));
	framing_text(&m, "%s /%u/%u/%u HTTP/1.%d\r\nHost: framing\r\n", methods[kind], kind, client,
		number, kind != FRAMING_OLD);
	/* Longer than what a parser likes to keep. */
	framing_text(&m, "Cookie: %.*s\r\n", (int)(hash % 200),
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		"ccccccccccccccccccccccccccccccccccccccccccccccccc");
	if (kind == FRAMING_POST)
		framing_sized(&m, hash, 1);
	else if (kind == FRAMING_POST_CHUNKED)
		framing_chunked(&m, hash, 1);
	else if (kind == FRAMING_EXPECT) {
		framing_text(&m, "Expect: 100-continue\r\n");
		framing_sized(&m, hash | 16, 1);
	} else
		framing_end_head(&m, kind == FRAMING_OLD ? "Connection: keep-alive\r\n" : "");
	return m;
}

static inline struct framing_message framing_answer(
	enum framing_kind kind, unsigned client, unsigned number, unsigned generation)
{
	unsigned hash = framing_hash(client, number, 6);
	int empty = kind == FRAMING_NO_CONTENT || kind == FRAMING_NOT_MODIFIED;
	struct framing_message m;

	memset(&m, 0, sizeof(m));
	if (kind == FRAMING_HINTS)
		framing_text(&m, "HTTP/1.1 103 Early Hints\r\nLink: </%u>\r\n\r\n", number);
	framing_text(&m, "HTTP/1.%d %d OK\r\nX-Number: %u/%u\r\n" FRAMING_GENERATION "%06u\r\n",
		kind != FRAMING_OLD,
		kind == FRAMING_NO_CONTENT             ? 204
			: kind == FRAMING_NOT_MODIFIED ? 304
						       : 200,
		client, number, generation % 1000000);
	if (kind == FRAMING_OLD)
		framing_text(&m, "Connection: keep-alive\r\n");
	if (empty)
		framing_end_head(&m, "");
	else if (kind == FRAMING_CHUNKED || kind == FRAMING_HEAD_CHUNKED ||
		kind == FRAMING_POST_CHUNKED)
		framing_chunked(&m, hash, kind != FRAMING_HEAD_CHUNKED);
	else
		framing_sized(&m, hash, kind != FRAMING_HEAD);
	return m;
}

static inline void framing_free(struct framing_message *m)
{
	free(m->bytes);
	memset(m, 0, sizeof(*m));
}

#endif
