/*
 * What the load came to, for machines: one JSON object on standard output, and on request every
 * sample as a line of text. Times are CLOCK_MONOTONIC nanoseconds, latencies milliseconds.
 */
#ifndef AET_LOAD_REPORT_H
#define AET_LOAD_REPORT_H

#include "run.h"

/* 0, or -errno. */
int aet_report_raw(const struct aet_run *run, const char *path);
int aet_report_json(const struct aet_run *run);

/* Requests that failed, of both classes. */
uint64_t aet_report_failed(const struct aet_tally *tally);

#endif
