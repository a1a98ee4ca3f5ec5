/*
 * What happened: one sample for each request, the versions seen, the first failures, the longest
 * time without an answer. Counts and percentiles are made from the samples at the end, so nothing
 * is averaged away while the load runs.
 */
#ifndef AET_LOAD_TALLY_H
#define AET_LOAD_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum aet_kind {
	AET_KIND_OK,
	AET_KIND_REFUSED,
	AET_KIND_RESET,
	AET_KIND_EOF,
	AET_KIND_WRONG_BODY,
	AET_KIND_LATE,
	AET_KIND_OTHER,
	AET_KINDS,
};

enum aet_class {
	AET_CLASS_NEW,
	AET_CLASS_KEEPALIVE,
	AET_CLASSES,
};

#define AET_NO_ANSWER     (-1)
#define AET_NO_CONNECTION (-2) /* not even that: the queue of the server was full all the time */

struct aet_sample {
	uint64_t scheduled_ns;
	uint32_t latency_us;
	uint8_t kind;
	uint8_t class;
	int16_t version; /* AET_NO_ANSWER, AET_NO_CONNECTION */
};

struct aet_version {
	char name[48];
	uint64_t answers[AET_CLASSES];
	uint64_t first_ns;
	uint64_t last_ns;
};

struct aet_failure {
	uint64_t time_ns;
	enum aet_class class;
	enum aet_kind kind;
	char detail[96];
};

struct aet_tally {
	struct aet_sample *samples;
	size_t count;
	size_t room;
	struct aet_version *versions; /* in the order of their first answers */
	size_t version_count;
	size_t version_last; /* the one that answered last: mostly the next one as well */
	struct aet_failure failures[20];
	size_t failure_count; /* may be larger than there is room for */
	uint64_t started_ns;
	uint64_t stop_ns; /* nothing is scheduled after this */
	uint64_t first_ok_ns;
	uint64_t last_ok_ns;
	uint64_t gap_ns; /* the longest time from one good answer to the next */
	uint64_t gap_from_ns;
	uint32_t *lateness_us; /* of the client itself, for each request sent by the clock */
	size_t lateness_count;
	size_t lateness_room;
	uint64_t loop_max_ns; /* the longest turn of the client's own loop */
	uint64_t backlog_waits; /* connect() to a Unix socket found the queue full */
	uint64_t opened; /* keep-alive connections, the first of each client apart */
	uint64_t reopened;
	uint64_t closed_idle;
	uint64_t closed_announced;
};

extern const char *const aet_kind_names[AET_KINDS];
extern const char *const aet_class_names[AET_CLASSES];

/* -1 and a note on standard error when there is no memory: a load without its samples is void. */
int aet_tally_ok(struct aet_tally *tally, enum aet_class class, uint64_t scheduled_ns,
	uint64_t now_ns, const char *body, size_t body_len);
int aet_tally_fail(struct aet_tally *tally, enum aet_class class, uint64_t scheduled_ns,
	uint64_t now_ns, enum aet_kind kind, int version, const char *detail);
int aet_tally_lateness(struct aet_tally *tally, uint64_t late_ns);

/* Counts the time since the last good answer; called once, when the load is over. */
void aet_tally_end(struct aet_tally *tally, uint64_t now_ns);
void aet_tally_fini(struct aet_tally *tally);

#endif
