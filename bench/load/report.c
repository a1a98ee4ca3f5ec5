/*
 * Writes the report. Percentiles are exact: the latencies are sorted, not put into classes. A
 * request that was given up at the deadline counts with the time until then, so that a server cannot
 * look faster by not answering; refused, reset and wrong ones have no latency.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double percentile_ms(const uint32_t *sorted, size_t count, double p)
{
	size_t rank = (size_t)(p / 100 * (double)count);

	if (!count)
		return 0;
	return sorted[rank < count ? rank : count - 1] / 1e3;
}

static void print_distribution(const char *name, uint32_t *us, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += us[i];
	if (count)
		qsort(us, count, sizeof(*us), compare_u32);
	printf("\"%s\": {\"count\": %zu, \"mean\": %.3f, \"p50\": %.3f, \"p90\": %.3f, "
	       "\"p99\": %.3f, \"p99_9\": %.3f, \"max\": %.3f}",
		name, count, count ? sum / (double)count / 1e3 : 0, percentile_ms(us, count, 50),
		percentile_ms(us, count, 90), percentile_ms(us, count, 99),
		percentile_ms(us, count, 99.9), count ? us[count - 1] / 1e3 : 0);
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* 'class' AET_CLASSES: both. */
static size_t collect_latencies(const struct aet_tally *tally, enum aet_class class, uint32_t *us)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->count; i++) {
		const struct aet_sample *sample = &tally->samples[i];

		if (class != AET_CLASSES && sample->class != class)
			continue;
		if (sample->kind == AET_KIND_OK || sample->kind == AET_KIND_LATE)
			us[count++] = sample->latency_us;
	}
	return count;
}

static uint64_t count_kind(const struct aet_tally *tally, enum aet_class class, enum aet_kind kind)
{
	uint64_t count = 0;

	for (size_t i = 0; i < tally->count; i++)
		count += tally->samples[i].class == class && tally->samples[i].kind == kind;
	return count;
}

static uint64_t count_failed(const struct aet_tally *tally, enum aet_class class)
{
	uint64_t count = 0;

	for (int kind = AET_KIND_OK + 1; kind < AET_KINDS; kind++)
		count += count_kind(tally, class, (enum aet_kind)kind);
	return count;
}

uint64_t aet_report_failed(const struct aet_tally *tally)
{
	return count_failed(tally, AET_CLASS_NEW) + count_failed(tally, AET_CLASS_KEEPALIVE);
}

static void print_class(const struct aet_run *run, enum aet_class class, uint32_t *us)
{
	const struct aet_tally *tally = &run->tally;
	uint64_t failed = count_failed(tally, class);
	uint64_t ok = count_kind(tally, class, AET_KIND_OK);

	printf(" \"%s\": {\"sent\": %" PRIu64 ", \"ok\": %" PRIu64 ", \"failed\": %" PRIu64 ",\n  ",
		aet_class_names[class], ok + failed, ok, failed);
	for (int kind = AET_KIND_OK + 1; kind < AET_KINDS; kind++)
		printf("\"%s\": %" PRIu64 ", ", aet_kind_names[kind],
			count_kind(tally, class, (enum aet_kind)kind));
	fputs("\n  ", stdout);
	print_distribution("latency_ms", us, collect_latencies(tally, class, us));
	if (class == AET_CLASS_NEW) {
		puts("},");
		return;
	}
	printf(",\n  \"clients\": %u, \"established\": %u, \"opened\": %" PRIu64
	       ", \"closed_idle\": %" PRIu64 ", \"closed_announced\": %" PRIu64 ",\n  "
	       "\"local_ports\": [",
		run->options->keepalive, run->established, tally->opened, tally->closed_idle,
		tally->closed_announced);
	for (unsigned i = 0; i < run->options->keepalive; i++)
		printf("%s%u", i ? "," : "", run->keepalive[i].port);
	puts("]},");
}

static void print_load(const struct aet_options *options)
{
	fputs(" \"load\": {\"urls\": [", stdout);
	for (size_t i = 0; i < options->url_count; i++) {
		fputs(i ? ", " : "", stdout);
		print_string(options->urls[i]);
	}
	printf("], \"rate\": %g, \"keepalive\": %u, \"gap_ms\": %g, \"deadline_ms\": %g},\n",
		options->rate, options->keepalive, (double)options->gap_ns / 1e6,
		(double)options->deadline_ns / 1e6);
}

static void print_versions(const struct aet_tally *tally)
{
	fputs(" \"versions\": [", stdout);
	for (size_t i = 0; i < tally->version_count; i++) {
		const struct aet_version *version = &tally->versions[i];

		fputs(i ? ",\n  {\"version\": " : "\n  {\"version\": ", stdout);
		print_string(version->name);
		printf(", \"answers\": %" PRIu64 ", \"new\": %" PRIu64 ", \"keepalive\": %" PRIu64
		       ", \"first_ns\": %" PRIu64 ", \"last_ns\": %" PRIu64 "}",
			version->answers[AET_CLASS_NEW] + version->answers[AET_CLASS_KEEPALIVE],
			version->answers[AET_CLASS_NEW], version->answers[AET_CLASS_KEEPALIVE],
			version->first_ns, version->last_ns);
	}
	puts("],");
}

static void print_failures(const struct aet_tally *tally)
{
	size_t room = sizeof(tally->failures) / sizeof(tally->failures[0]);

	fputs(" \"failures\": [", stdout);
	for (size_t i = 0; i < tally->failure_count && i < room; i++) {
		const struct aet_failure *failure = &tally->failures[i];

		printf("%s\n  {\"time_ns\": %" PRIu64 ", \"client\": \"%s\", \"kind\": \"%s\", "
		       "\"detail\": ",
			i ? "," : "", failure->time_ns, aet_class_names[failure->class],
			aet_kind_names[failure->kind]);
		print_string(failure->detail);
		putchar('}');
	}
	puts("]");
}

static void print_client(const struct aet_run *run)
{
	const struct aet_tally *tally = &run->tally;

	fputs(" \"client\": {", stdout);
	print_distribution("lateness_ms", tally->lateness_us, tally->lateness_count);
	printf(", \"loop_max_ms\": %.3f, \"held_ms\": {\"total\": %.3f, \"longest\": %.3f}, "
	       "\"backlog_waits\": %" PRIu64 "},\n",
		(double)tally->loop_max_ns / 1e6, (double)run->hold.total_ns / 1e6,
		(double)run->hold.longest_ns / 1e6, tally->backlog_waits);
}

int aet_report_json(const struct aet_run *run)
{
	const struct aet_tally *tally = &run->tally;
	uint64_t stop_ns = run->tally.stop_ns;
	uint32_t *us = malloc((tally->count + 1) * sizeof(*us));

	if (!us)
		return -ENOMEM;
	puts("{");
	print_load(run->options);
	printf(" \"started_ns\": %" PRIu64 ", \"ended_ns\": %" PRIu64 ", \"duration_s\": %.3f,\n"
	       " \"failed\": %" PRIu64 ", \"unfinished\": %u, \"keepalive_reopened\": %" PRIu64
	       ",\n",
		tally->started_ns, stop_ns, (double)(stop_ns - tally->started_ns) / 1e9,
		aet_report_failed(tally), run->unfinished, tally->reopened);
	print_class(run, AET_CLASS_NEW, us);
	print_class(run, AET_CLASS_KEEPALIVE, us);
	fputs(" ", stdout);
	print_distribution("latency_ms", us, collect_latencies(tally, AET_CLASSES, us));
	printf(",\n \"first_answer_ns\": %" PRIu64 ", \"last_answer_ns\": %" PRIu64
	       ", \"longest_gap_ms\": %.3f, \"longest_gap_from_ns\": %" PRIu64 ",\n",
		tally->first_ok_ns, tally->last_ok_ns, (double)tally->gap_ns / 1e6,
		tally->gap_from_ns);
	print_versions(tally);
	print_client(run);
	print_failures(tally);
	puts("}");
	free(us);
	return fflush(stdout) ? -errno : 0;
}

int aet_report_raw(const struct aet_run *run, const char *path)
{
	const struct aet_tally *tally = &run->tally;
	FILE *file = fopen(path, "we");
	int r = 0;

	if (!file)
		return -errno;
	fputs("scheduled_ns,latency_us,client,kind,version\n", file);
	for (size_t i = 0; i < tally->count; i++) {
		const struct aet_sample *sample = &tally->samples[i];

		fprintf(file, "%" PRIu64 ",%" PRIu32 ",%s,%s,%d\n", sample->scheduled_ns,
			sample->latency_us, aet_class_names[sample->class],
			aet_kind_names[sample->kind], sample->version);
	}
	if (ferror(file))
		r = -EIO;
	if (fclose(file) && !r)
		r = -errno;
	return r;
}
