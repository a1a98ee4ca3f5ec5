#include "swap/answer.h"

#include <stdio.h>

#include "base/log.h"
#include "service/waiter.h"
#include "state/restore.h"
#include "state/snapshot_file.h"
#include "swap/swap.h"

#define LINE_MAX 256

void aet_answer_reload(void)
{
	const struct aet_last_swap *last = &aet_swap.last;
	char line[LINE_MAX] = "";

	if (!last->committed)
		(void)snprintf(line, sizeof(line), "%s: %s", last->reason, last->detail);
	else
		(void)snprintf(line, sizeof(line), "%s", last->note);
	aet_restore_drop();
	aet_waiters_answer(AET_WAITER_RELOAD,
		&(struct aet_answer){.exit_code = last->committed ? 0 : 1, .line = line});
	aet_waiters_answer(AET_WAITER_RESTORE,
		&(struct aet_answer){.exit_code = last->committed ? 0 : 1, .line = line});
}

void aet_answer_snapshot(uint64_t run, int result)
{
	char line[LINE_MAX] = "";

	if (result < 0)
		(void)snprintf(line, sizeof(line), "not_written: it is kept in memory alone: %s",
			aet_snapshot_file_now()->error);
	aet_waiters_answer_up_to(AET_WAITER_SNAPSHOT, run,
		&(struct aet_answer){.exit_code = result < 0 ? 1 : 0, .line = line});
}

static void refuse(const char *reason, const char *detail, bool begun)
{
	char line[LINE_MAX];
	struct aet_answer answer = {.exit_code = 1, .line = line};

	(void)snprintf(line, sizeof(line), "%s: %s", reason, detail);
	aet_log_error("no snapshot: %s", line);
	if (begun)
		aet_waiters_answer(AET_WAITER_SNAPSHOT, &answer);
	else
		aet_waiters_refuse(AET_WAITER_SNAPSHOT, &answer);
}

void aet_answer_skipped(const char *reason, const char *detail)
{
	if (aet_swap.skipped++ == 0)
		aet_log_warning("the snapshot that is due is skipped: %s: %s", reason, detail);
	aet_waiters_retry(AET_WAITER_SNAPSHOT);
}

void aet_answer_no_snapshot(const char *reason, const char *detail)
{
	if (aet_swap.is_due) {
		aet_answer_skipped(reason, detail);
		return;
	}
	refuse(reason, detail, true);
}

void aet_refuse_snapshot(const char *reason, const char *detail)
{
	refuse(reason, detail, false);
}

void aet_answer_stopping(void)
{
	const struct aet_answer answer = {
		.exit_code = 1, .line = "stopped: the launcher is ending"};

	for (int kind = 0; kind < AET_WAITER_STOP; kind++) {
		aet_waiters_answer((enum aet_waiter_kind)kind, &answer);
		aet_waiters_refuse((enum aet_waiter_kind)kind, &answer);
	}
}

void aet_answer_stopped(void)
{
	aet_answer_stopping();
	aet_waiters_refuse(AET_WAITER_STOP, &(struct aet_answer){.line = ""});
}
