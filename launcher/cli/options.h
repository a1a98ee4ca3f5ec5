/*
 * The command line as a value. Parses and checks it; opens, reads and prints nothing.
 */
#ifndef AET_OPTIONS_H
#define AET_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/log.h"

enum aet_verb {
	AET_VERB_RUN, /* no verb, and `start` once it is parsed */
	AET_VERB_START,
	AET_VERB_RELOAD,
	AET_VERB_STATUS,
	AET_VERB_SNAPSHOT,
	AET_VERB_RESTORE,
	AET_VERB_STOP,
	AET_VERB_CHECK,
	AET_VERB_HELP,
	AET_VERB_VERSION,
};

#define AET_DISCARDED_MAX 64

/* Points into argv throughout. */
struct aet_options {
	enum aet_verb verb; /* never AET_VERB_START */
	enum aet_verb help_for; /* with AET_VERB_HELP: the verb to explain; AET_VERB_RUN: all */
	const char *config_path; /* -c; NULL: not given */
	int pid; /* --pid; 0: not given */
	bool json;
	bool dry_run;
	bool verbose;
	bool discards_all; /* reload --discard-state */
	int discarded_count; /* reload --discard-state=NAME */
	const char *discarded[AET_DISCARDED_MAX];
	enum aet_log_format log_format;
	const char *output; /* --output of `snapshot`; NULL: not given */
	const char *argument; /* the word after `restore`; NULL: none */
	char **command; /* what follows "--", NULL-terminated, never empty; NULL: not given */
};

/* 0, or -EINVAL with *err filled (without a place) and *ret_options untouched. */
int aet_options_parse(
	int argc, char **argv, struct aet_options *ret_options, struct aet_error *err);

/* "reload" for AET_VERB_RELOAD; "" for AET_VERB_RUN. */
const char *aet_verb_name(enum aet_verb verb);

#endif
