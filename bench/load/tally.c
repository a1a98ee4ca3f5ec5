/*
 * Takes down what each request came to. Arrays only grow, by doubling; the kernel moves large ones
 * without copying. The only output here are the lines on standard error that scripts wait for.
 */
#include "tally.h"
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const aet_kind_names[AET_KINDS] = {
	[AET_KIND_OK] = "ok",
	[AET_KIND_REFUSED] = "refused",
	[AET_KIND_RESET] = "reset",
	[AET_KIND_EOF] = "eof",
	[AET_KIND_WRONG_BODY] = "wrong_body",
	[AET_KIND_LATE] = "late",
	[AET_KIND_OTHER] = "other",
};

const char *const aet_class_names[AET_CLASSES] = {
	[AET_CLASS_NEW] = "new",
	[AET_CLASS_KEEPALIVE] = "keepalive",
};

static int make_room(void **array, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room * 2 : 4096;
	void *bigger;

	if (count < *room)
		return 0;
	bigger = realloc(*array, wanted * size);
	if (!bigger) {
		fprintf(stderr, "aeterna-load: no memory for the samples\n");
		return -1;
	}
	*array = bigger;
	*room = wanted;
	return 0;
}

static int add_sample(struct aet_tally *tally, struct aet_sample sample, uint64_t now_ns)
{
	uint64_t latency_us = 0;

	if (make_room((void **)&tally->samples, &tally->room, tally->count, sizeof(sample)))
		return -1;
	if (now_ns > sample.scheduled_ns)
		latency_us = (now_ns - sample.scheduled_ns) / AET_NS_PER_US;
	sample.latency_us = latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
	tally->samples[tally->count++] = sample;
	return 0;
}

static int add_version(struct aet_tally *tally, const char *word, size_t len)
{
	struct aet_version *version;
	void *bigger = NULL;

	if (tally->version_count < INT16_MAX)
		bigger = realloc(tally->versions, (tally->version_count + 1) * sizeof(*version));
	if (!bigger)
		return -1;
	tally->versions = bigger;
	tally->version_last = tally->version_count++;
	version = &tally->versions[tally->version_last];
	*version = (struct aet_version){0};
	memcpy(version->name, word, len);
	fprintf(stderr, "version %s\n", version->name);
	return (int)tally->version_last;
}

/* The first word of the body says who answered. */
static int find_version(struct aet_tally *tally, const char *body, size_t body_len)
{
	char word[sizeof(tally->versions->name)] = "";
	size_t len = 0;

	while (len < body_len && len < sizeof(word) - 1 && (unsigned char)body[len] > ' ') {
		word[len] = body[len];
		len++;
	}
	if (tally->version_count && !strcmp(tally->versions[tally->version_last].name, word))
		return (int)tally->version_last;
	for (size_t i = tally->version_count; i-- > 0;) {
		if (strcmp(tally->versions[i].name, word))
			continue;
		tally->version_last = i;
		return (int)i;
	}
	return add_version(tally, word, len);
}

static void count_gap(struct aet_tally *tally, uint64_t now_ns)
{
	uint64_t from_ns = tally->last_ok_ns ? tally->last_ok_ns : tally->started_ns;

	/* When only the last answers are awaited, a gap is no news. */
	if (now_ns > tally->stop_ns)
		now_ns = tally->stop_ns;
	if (now_ns <= from_ns || now_ns - from_ns <= tally->gap_ns)
		return;
	tally->gap_ns = now_ns - from_ns;
	tally->gap_from_ns = from_ns;
}

int aet_tally_ok(struct aet_tally *tally, enum aet_class class, uint64_t scheduled_ns,
	uint64_t now_ns, const char *body, size_t body_len)
{
	struct aet_sample sample = {.scheduled_ns = scheduled_ns, .class = (uint8_t) class};
	struct aet_version *version;

	if (!tally->first_ok_ns) {
		tally->first_ok_ns = now_ns;
		fputs("ready\n", stderr);
	} else {
		count_gap(tally, now_ns);
	}
	tally->last_ok_ns = now_ns;
	sample.version = (int16_t)find_version(tally, body, body_len);
	if (sample.version >= 0) {
		version = &tally->versions[sample.version];
		if (!version->first_ns)
			version->first_ns = now_ns;
		version->last_ns = now_ns;
		version->answers[class]++;
	}
	return add_sample(tally, sample, now_ns);
}

int aet_tally_fail(struct aet_tally *tally, enum aet_class class, uint64_t scheduled_ns,
	uint64_t now_ns, enum aet_kind kind, int version, const char *detail)
{
	struct aet_sample sample = {.scheduled_ns = scheduled_ns,
		.kind = (uint8_t)kind,
		.class = (uint8_t) class,
		.version = (int16_t)version};
	struct aet_failure *failure;

	if (tally->failure_count < sizeof(tally->failures) / sizeof(tally->failures[0])) {
		failure = &tally->failures[tally->failure_count];
		*failure = (struct aet_failure){now_ns, class, kind, ""};
		(void)snprintf(failure->detail, sizeof(failure->detail), "%s", detail);
	}
	tally->failure_count++;
	return add_sample(tally, sample, now_ns);
}

int aet_tally_lateness(struct aet_tally *tally, uint64_t late_ns)
{
	uint64_t us = late_ns / AET_NS_PER_US;

	if (make_room((void **)&tally->lateness_us, &tally->lateness_room, tally->lateness_count,
		    sizeof(*tally->lateness_us)))
		return -1;
	tally->lateness_us[tally->lateness_count++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	return 0;
}

void aet_tally_end(struct aet_tally *tally, uint64_t now_ns)
{
	count_gap(tally, now_ns);
}

void aet_tally_fini(struct aet_tally *tally)
{
	free(tally->samples);
	free(tally->versions);
	free(tally->lateness_us);
}
