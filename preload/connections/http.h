/*
 * HTTP/1 framing of one connection: where requests and answers begin and end, from the bytes that
 * pass. Its only purpose is to prove that nothing is under way, so it interprets only header fields
 * that move a boundary. At anything that it does not understand exactly it gives up for good
 * (lost): the connection then stays where it is.
 *
 * The thread that reads feeds requests, the thread that writes feeds answers; they may be different
 * threads. Freestanding, allocates nothing, async-signal-safe.
 */
#ifndef AET_HTTP_H
#define AET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connections/http_side.h"

#define AET_HTTP_PIPELINE 64 /* requests read and not yet answered, at most */

struct aet_http {
	struct aet_http_side request;
	struct aet_http_side answer;
	_Atomic uint32_t asked; /* requests whose header was read */
	_Atomic uint32_t read; /* requests read to their end */
	_Atomic uint32_t answered; /* answers written to their end */
	_Atomic uint64_t heads; /* bit n % 64: the n-th request is a HEAD */
	_Atomic bool lost; /* not HTTP/1, or too unusual */
	_Atomic bool closing; /* the server closes after this answer */
	_Atomic bool tied; /* what was agreed on it holds for this connection alone */
};

/* Begins to follow a connection, before its first byte. */
void aet_http_init(struct aet_http *http);

/* The program read, or wrote, these bytes. */
void aet_http_request(struct aet_http *http, const void *bytes, size_t length);
void aet_http_answer(struct aet_http *http, const void *bytes, size_t length);

/* The program wrote bytes that we did not see (sendfile): allowed inside a body. */
void aet_http_answer_unseen(struct aet_http *http, uint64_t length);

/* True when nothing is half read, no answer is owed, and the server will not close. */
static inline bool aet_http_is_idle(const struct aet_http *http)
{
	uint32_t answered = atomic_load(&http->answered);

	return http->request.phase == AET_HTTP_START && http->answer.phase == AET_HTTP_START &&
		atomic_load(&http->read) == answered && atomic_load(&http->asked) == answered &&
		!atomic_load(&http->lost) && !atomic_load(&http->closing);
}

/* True when a request is in flight: the connection is not idle, not lost, and not closing after its
 * last answer. */
static inline bool aet_http_is_busy(const struct aet_http *http)
{
	uint32_t answered = atomic_load(&http->answered);

	if (atomic_load(&http->lost))
		return false;
	if (atomic_load(&http->asked) != answered)
		return true;
	return !atomic_load(&http->closing) &&
		(http->request.phase != AET_HTTP_START || http->answer.phase != AET_HTTP_START ||
			atomic_load(&http->read) != answered);
}

#endif
