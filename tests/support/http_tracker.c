/*
 * Feeds preload/connections/http.c and tells what it says. Each piece is a copy of its own at the end of a
 * block, so that a byte read beyond it is one that a sanitizer sees.
 */
#include "http_tracker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "connections/http.h"

static_assert(TRACKER_LINE == AET_HTTP_LINE && TRACKER_PIPELINE == AET_HTTP_PIPELINE &&
		TRACKER_METHOD == AET_HTTP_METHOD && TRACKER_DIGITS == AET_HTTP_DIGITS_MAX,
	"as in http.h");

struct tracker {
	struct aet_http http;
};

struct tracker *tracker_new(void)
{
	struct tracker *tracker = malloc(sizeof(*tracker));

	tracker_reset(tracker);
	return tracker;
}

void tracker_free(struct tracker *tracker)
{
	free(tracker);
}

void tracker_reset(struct tracker *tracker)
{
	aet_http_init(&tracker->http);
}

typedef void feed(struct aet_http *http, const void *bytes, size_t length);

static void give(struct tracker *tracker, const char *bytes, size_t length, feed *into)
{
	char *copy = malloc(length);

	if (length > 0)
		memcpy(copy, bytes, length);
	into(&tracker->http, copy, length);
	free(copy);
}

void tracker_request(struct tracker *tracker, const char *bytes, size_t length)
{
	give(tracker, bytes, length, aet_http_request);
}

void tracker_answer(struct tracker *tracker, const char *bytes, size_t length)
{
	give(tracker, bytes, length, aet_http_answer);
}

void tracker_unseen(struct tracker *tracker, uint64_t length)
{
	aet_http_answer_unseen(&tracker->http, length);
}

struct verdict tracker_verdict(const struct tracker *tracker)
{
	const struct aet_http *http = &tracker->http;

	return (struct verdict){
		.idle = aet_http_is_idle(http),
		.closing = atomic_load(&http->closing),
		.lost = atomic_load(&http->lost),
		.tied = atomic_load(&http->tied),
		.read = atomic_load(&http->read),
		.answered = atomic_load(&http->answered),
	};
}

static bool same_side(const struct aet_http_side *one, const struct aet_http_side *other)
{
	uint32_t kept = one->line_length < AET_HTTP_LINE ? one->line_length : AET_HTTP_LINE;

	return one->phase == other->phase && one->chunked == other->chunked &&
		one->sized == other->sized && one->old == other->old &&
		one->close == other->close && one->keep_alive == other->keep_alive &&
		one->ties == other->ties && one->upgrades == other->upgrades &&
		one->expects == other->expects && one->continued == other->continued &&
		one->line_ends == other->line_ends && one->status == other->status &&
		one->left == other->left && one->line_length == other->line_length &&
		memcmp(one->line, other->line, kept) == 0;
}

bool tracker_same(const struct tracker *one, const struct tracker *other)
{
	const struct aet_http *a = &one->http;
	const struct aet_http *b = &other->http;

	if (atomic_load(&a->lost) || atomic_load(&b->lost))
		return atomic_load(&a->lost) && atomic_load(&b->lost);
	return same_side(&a->request, &b->request) && same_side(&a->answer, &b->answer) &&
		atomic_load(&a->asked) == atomic_load(&b->asked) &&
		atomic_load(&a->read) == atomic_load(&b->read) &&
		atomic_load(&a->answered) == atomic_load(&b->answered) &&
		atomic_load(&a->heads) == atomic_load(&b->heads) &&
		atomic_load(&a->closing) == atomic_load(&b->closing) &&
		atomic_load(&a->tied) == atomic_load(&b->tied);
}
