/*
 * The framing tracker of preload/connections/http.h in words that C++ understands (it has no _Atomic).
 */
#ifndef AET_TESTS_HTTP_TRACKER_H
#define AET_TESTS_HTTP_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tracker; /* struct aet_http */

struct verdict {
	bool idle;
	bool closing;
	bool lost;
	bool tied;
	uint32_t read; /* requests, complete */
	uint32_t answered;
};

enum { TRACKER_LINE = 96, TRACKER_PIPELINE = 64, TRACKER_METHOD = 32, TRACKER_DIGITS = 18 };

struct tracker *tracker_new(void);
void tracker_free(struct tracker *tracker);
void tracker_reset(struct tracker *tracker);
void tracker_request(struct tracker *tracker, const char *bytes, size_t length);
void tracker_answer(struct tracker *tracker, const char *bytes, size_t length);
void tracker_unseen(struct tracker *tracker, uint64_t length); /* of an answer */
struct verdict tracker_verdict(const struct tracker *tracker);

/* Whatever comes now, both will say the same of it: all they know is alike, or both are lost. */
bool tracker_same(const struct tracker *one, const struct tracker *other);

#ifdef __cplusplus
}
#endif

#endif
