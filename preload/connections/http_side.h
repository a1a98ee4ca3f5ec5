/*
 * One direction of an HTTP/1 connection: its place in a message, and the kept part of an incomplete
 * line.
 */
#ifndef AET_HTTP_SIDE_H
#define AET_HTTP_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#define AET_HTTP_LINE       96 /* bytes of a line that are kept: its start and its end */
#define AET_HTTP_TAIL       16 /* of them, the end of a line that is longer */
#define AET_HTTP_METHOD     32 /* bytes of a method */
#define AET_HTTP_DIGITS_MAX 18 /* of a Content-Length */

enum aet_http_phase {
	AET_HTTP_START, /* between two messages */
	AET_HTTP_FIRST, /* inside a request or status line */
	AET_HTTP_HEADER,
	AET_HTTP_BODY, /* `left` bytes of it are to come */
	AET_HTTP_CHUNK_SIZE,
	AET_HTTP_CHUNK, /* `left` bytes of it are to come */
	AET_HTTP_CHUNK_END, /* the CR LF after it */
	AET_HTTP_TRAILER,
};

/* One direction. */
struct aet_http_side {
	uint8_t phase; /* enum aet_http_phase */
	bool chunked;
	bool sized; /* Content-Length was seen */
	bool old; /* HTTP/1.0 */
	bool close; /* Connection: close */
	bool keep_alive; /* Connection: keep-alive */
	bool ties; /* a login that belongs to this connection */
	bool upgrades; /* Connection: upgrade */
	bool expects; /* requests: Expect was seen, the body may wait for a 100 */
	bool continued; /* answers: the 100 was sent */
	bool line_ends; /* the CR of a line has come, its LF has not */
	uint16_t status; /* answers */
	uint32_t line_length; /* of an incomplete line; above AET_HTTP_LINE: it is longer */
	uint64_t left;
	char line[AET_HTTP_LINE];
};

#endif
