/*
 * HTTP/1 framing of one connection: where requests and answers begin and end, from the bytes that
 * pass. It proves that nothing is under way, and for nothing else: no header is interpreted that
 * does not move a boundary. Anything it does not understand to the letter makes it give up for
 * good (lost): the connection then stays where it is.
 *
 * Requests are fed by the thread that reads, answers by the thread that writes; the two may be
 * different ones. Freestanding, allocates nothing, async-signal-safe.
 */
#ifndef AET_HTTP_H
#define AET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connections/http_side.h"

#define AET_HTTP_PIPELINE 64 /* requests read and not answered yet, at most */

struct aet_http {
	struct aet_http_side request;
	struct aet_http_side answer;
	_Atomic uint32_t asked; /* requests whose header was read */
	_Atomic uint32_t read; /* requests read to their end */
	_Atomic uint32_t answered; /* answers written to their end */
	_Atomic uint64_t heads; /* bit n % 64: the n-th request is a HEAD */
	_Atomic bool lost; /* not HTTP/1, or too unusual */
	_Atomic bool closing; /* the server closes after this answer */
};

/* A connection from its first byte on. */
void aet_http_init(struct aet_http *http);

/* The program read, or wrote, these bytes. */
void aet_http_request(struct aet_http *http, const void *bytes, size_t length);
void aet_http_answer(struct aet_http *http, const void *bytes, size_t length);

/* The program wrote bytes that were not seen (sendfile): fine inside a body. */
void aet_http_answer_unseen(struct aet_http *http, uint64_t length);

/* Nothing is half read, nothing is owed, and the server means to go on. */
static inline bool aet_http_is_idle(const struct aet_http *http)
{
	uint32_t answered = atomic_load(&http->answered);

	return http->request.phase == AET_HTTP_START && http->answer.phase == AET_HTTP_START &&
		atomic_load(&http->read) == answered && atomic_load(&http->asked) == answered &&
		!atomic_load(&http->lost) && !atomic_load(&http->closing);
}

/* A request is in flight: it is neither idle, nor lost, nor at the end after a last answer. */
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
