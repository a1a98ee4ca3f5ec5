/*
 * What `check` says of the state of a service that runs, from the answers of its processes.
 */
#ifndef AET_INQUIRE_REPORT_H
#define AET_INQUIRE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

/* One sentence: the first thing that would refuse a reload; empty: nothing. Valid until the next
 * call. */
const char *aet_inquire_report_problem(void);

/* Everything, as lines or as one object. */
void aet_inquire_report_print(FILE *out, bool json);

#endif
