/*
 * The report of `check`, as text or JSON.
 */
#ifndef AET_CHECK_REPORT_H
#define AET_CHECK_REPORT_H

#include <stdio.h>

#include "base/error.h"
#include "config/config.h"
#include "inspect/program.h"

#define AET_CHECK_NOTES_MAX 8
#define AET_CHECK_NOTE      320

struct aet_check_report {
	const struct aet_config *config; /* NULL: it could not be read */
	const struct aet_program *program;
	int exit_code;
	const char *problem; /* one sentence; "" */
	char notes[AET_CHECK_NOTES_MAX][AET_CHECK_NOTE];
	unsigned note_count;
	char *running; /* what the running service says of its state; NULL: none runs */
	const char *error_path; /* with config NULL: the path as typed */
	const struct aet_error *error;
};

/* Adds notes that are no errors. */
void aet_check_report_add_notes(struct aet_check_report *report);

void aet_check_report_print(FILE *out, const struct aet_check_report *report);

/* 0, or -errno with nothing printed. */
int aet_check_report_print_json(FILE *out, const struct aet_check_report *report);

#endif
