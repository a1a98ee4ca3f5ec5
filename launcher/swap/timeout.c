#include "swap/timeout.h"

#include "base/loop.h"
#include "service/service.h"
#include "swap/snapshot_timer.h"
#include "swap/swap.h"
#include "util.h"

static uint64_t until(uint64_t due_ms)
{
	uint64_t now = aet_now_ms();

	return due_ms > now ? due_ms - now : 0;
}

/* The very first generation has no limit: the state looks again after start_timeout. */
static uint64_t start_ms(void)
{
	uint64_t limit_ms = aet_swap_config()->start_timeout_ms;

	if (!aet_swap.was_ever_ready || !aet_swap.serving)
		return limit_ms;
	return until(aet_swap.serving->born_ms + limit_ms);
}

/* Before an old generation ends it is asked for its names. */
static uint64_t settle_ms(void)
{
	uint64_t limit_ms = aet_swap_config()->settle_timeout_ms;

	return aet_swap.goal == AET_GOAL_REPLACE ? AET_MAX(limit_ms, (uint64_t)AET_ASK_MS)
						 : limit_ms;
}

uint64_t aet_timeout_ms(enum aet_timeout kind)
{
	const struct aet_config *config = aet_swap_config();

	switch (kind) {
	case AET_TIMEOUT_BOOT:
		return config->start_timeout_ms;
	case AET_TIMEOUT_SETTLE:
		return aet_swap.stop == AET_STOP_NONE ? settle_ms() : 0;
	case AET_TIMEOUT_BRIEF:
		return AET_DUE_GATE_MS;
	case AET_TIMEOUT_HANDOFF:
		return config->handoff_timeout_ms;
	case AET_TIMEOUT_YIELD:
		return aet_swap.is_drained ? config->drain_timeout_ms : config->handoff_timeout_ms;
	case AET_TIMEOUT_COPY:
		return AET_COPY_TIMES * config->handoff_timeout_ms;
	case AET_TIMEOUT_STOP:
		return config->stop_timeout_ms;
	case AET_TIMEOUT_START:
		return start_ms();
	case AET_TIMEOUT_RESTORE:
		return AET_MAX(start_ms(), (uint64_t)config->handoff_timeout_ms);
	case AET_TIMEOUT_PROOF:
		return AET_PROOF_MS;
	case AET_TIMEOUT_MOVE_CHECK:
		return AET_MOVE_CHECK_MS;
	case AET_TIMEOUT_PROBATION:
		return until(aet_swap.proven_ms);
	case AET_TIMEOUT_KILL_CHECK:
		return AET_KILL_CHECK_MS;
	case AET_TIMEOUT_BACKOFF:
		return until(aet_swap.restart_due_ms);
	case AET_TIMEOUT_END_CHECK:
		return AET_END_CHECK_MS;
	case AET_TIMEOUT_NONE:
	case AET_TIMEOUT_KEEP:
	case AET_TIMEOUT_COUNT:
	default:
		return 0;
	}
}
