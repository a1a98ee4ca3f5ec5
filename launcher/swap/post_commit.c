#include "swap/post_commit.h"

#include "control/control.h"
#include "process/generation.h"
#include "listen/listener.h"
#include "process/member.h"
#include "supervisor.h"
#include "swap/swap.h"

#define POLL_MS        10
#define CALM_MS        2000 /* the queue filled during a gate is empty long before */
#define MOVED_CALM_MS  10000 /* most clients of a service have spoken by then */
#define SETTLE_MS      150 /* a version that dies at once after commit is still a failed reload */
#define SETTLE_MOST_MS 2000 /* the longest wait for the connections that move */

/* Every connection that could leave the old generation has left it, or is about to answer. */
static bool is_followed(void)
{
	AET_FOREACH_GENERATION(g)
		if (g->state == AET_GENERATION_DRAINING && g->follows &&
			!aet_members_followed(g->number, aet_sup.last.word))
			return false;
	return true;
}

static void on_settled(struct aet_timer *timer)
{
	if (aet_now_us() < aet_sup.requested_us + (uint64_t)(aet_sup.last.total_ms * 1000) +
				SETTLE_MOST_MS * 1000 &&
		!is_followed())
		aet_timer_start(timer, POLL_MS, on_settled, NULL);
	else
		aet_control_answer_reload();
}

/* Connections that moved are taken up as their clients speak: that is work for the new generation,
 * and its queue may be short. */
static bool is_calm(void)
{
	uint64_t committed_us = aet_sup.requested_us + (uint64_t)(aet_sup.last.total_ms * 1000);

	if (aet_sup.swap != AET_SWAP_NONE || !aet_sup.serving || !aet_sup.serving->was_ready)
		return false;
	return aet_sup.moved == 0 || aet_now_us() >= committed_us + MOVED_CALM_MS * 1000;
}

static void on_calm(struct aet_timer *timer)
{
	if (is_calm())
		aet_listener_restore_backlogs();
	else
		aet_timer_start(timer, CALM_MS, on_calm, NULL);
}

void aet_swap_raise_backlogs(void)
{
	static struct aet_timer calm;

	aet_listener_raise_backlogs();
	aet_timer_start(&calm, CALM_MS, on_calm, NULL);
}

void aet_settle_begin(void)
{
	aet_timer_start(&aet_sup.settle_timer, SETTLE_MS, on_settled, NULL);
}
