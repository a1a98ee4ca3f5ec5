/*
 * What the command line of aeterna-load says, once, before anything runs. Times are nanoseconds.
 * Everything pointed to belongs to argv and is never freed.
 */
#ifndef AET_LOAD_OPTIONS_H
#define AET_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AET_MAX_URLS     16
#define AET_MAX_PATTERNS 64

struct aet_pattern {
	const char *text;
	bool exact; /* otherwise a prefix */
};

struct aet_options {
	const char *urls[AET_MAX_URLS];
	size_t url_count;
	struct aet_pattern patterns[AET_MAX_PATTERNS];
	size_t pattern_count; /* 0: every complete body is right */
	double rate; /* new connections a second */
	double jitter; /* 0..1, of the distance between two arrivals */
	unsigned keepalive; /* clients with a connection of their own */
	uint64_t gap_ns; /* mean distance of the requests of one of them */
	uint64_t ramp_ns; /* the time over which they come up */
	uint64_t duration_ns; /* 0: until SIGTERM or SIGINT */
	uint64_t deadline_ns;
	uint64_t seed;
	const char *raw_path; /* NULL: no raw samples */
};

/* 0, or the exit code that main() is to return at once: 64 after a message, -1 after --help. */
int aet_options_parse(struct aet_options *options, int argc, char **argv);

/* True when the body fits one of the patterns, or there are none. */
bool aet_options_expect(const struct aet_options *options, const char *body, size_t len);

#endif
