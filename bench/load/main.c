/*
 * aeterna-load: an open-loop load client that counts what a user of the server would notice. This
 * file prepares the process (descriptors, signals, timer slack) and returns 1 when a request failed,
 * so that a script can stop at it.
 */
#include "options.h"
#include "report.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void on_stop(int number)
{
	(void)number;
	aet_run_signals++;
}

/* The signals are taken only while the loop waits, so that none falls between look and wait. */
static void prepare_signals(void)
{
	struct sigaction action = {.sa_handler = on_stop};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int run_load(struct aet_run *run, const struct aet_options *options)
{
	int r = aet_run_all(run);

	if (!r && options->raw_path)
		r = aet_report_raw(run, options->raw_path);
	if (!r)
		r = aet_report_json(run);
	if (r) {
		fprintf(stderr, "aeterna-load: %s\n", strerror(-r));
		return 2;
	}
	return aet_report_failed(&run->tally) || run->unfinished ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct aet_options options;
	struct aet_run run;
	int r = aet_options_parse(&options, argc, argv);

	if (r)
		return r < 0 ? 0 : r;
	raise_descriptor_limit();
	prepare_signals();
	/* A sleep of the default slack of 50 us would be in every latency. */
	(void)prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
	r = aet_run_init(&run, &options);
	if (!r)
		r = run_load(&run, &options);
	else
		r = r == -EINVAL ? 64 : 2;
	aet_run_fini(&run);
	return r;
}
