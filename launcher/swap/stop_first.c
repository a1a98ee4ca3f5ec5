#include "swap/stop_first.h"

#include <signal.h>
#include <stdatomic.h>

#include "base/log.h"
#include "process/member.h"
#include "swap/restart.h"
#include "supervisor.h"
#include "swap/swap.h"
#include "swap/swap_event.h"

#define POLL_MS 10

static bool told; /* TERM was sent */
static unsigned moved_before; /* connections, at the last look */

static void on_timeout(struct aet_timer *timer)
{
	(void)timer;
	aet_swap_happen(AET_EVENT_TIMEOUT);
}

static void tell(void)
{
	told = true;
	(void)aet_generation_signal(aet_sup.serving, SIGTERM);
	aet_timer_start(
		&aet_sup.swap_timer, aet_sup.next_config->stop_timeout_ms, on_timeout, NULL);
}

/* Nothing in flight, and nothing that could still go elsewhere went since the last look. */
static bool is_finished(void)
{
	uint32_t number = aet_sup.serving->number;
	bool stands = aet_sup.moved == moved_before;

	moved_before = aet_sup.moved;
	return stands && aet_members_busy(number) == 0 &&
		aet_members_followed(number, atomic_load(&aet_sup.page->word));
}

static void on_poll(struct aet_timer *timer)
{
	uint64_t age_ms = (aet_now_us() - aet_sup.requested_us) / 1000;

	if (aet_sup.serving->is_static || is_finished() ||
		age_ms >= aet_sup.next_config->handoff_timeout_ms) {
		tell();
		return;
	}
	aet_members_wake(aet_sup.serving->number);
	aet_timer_start(timer, POLL_MS, on_poll, NULL);
}

/* The generation that serves from now on is one that is not there yet. */
void aet_stop_first_begin(void)
{
	uint32_t serving = aet_sup.serving->number;

	aet_sup.swap = AET_SWAP_STOP_FIRST;
	told = false;
	aet_sup.moved = moved_before = 0;
	aet_swap_raise_backlogs();
	aet_log_info("generation %u ends before the next one starts", serving);
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, aet_sup.last_number + 1, 0));
	aet_members_wake(serving);
	aet_timer_start(&aet_sup.poll_timer, POLL_MS, on_poll, NULL);
}

void aet_stop_first_end(void)
{
	aet_config_free(aet_sup.config);
	aet_sup.config = aet_sup.next_config;
	aet_sup.next_config = NULL;
	aet_sup.swap = AET_SWAP_NONE;
	aet_timer_stop(&aet_sup.swap_timer);
	aet_timer_stop(&aet_sup.poll_timer);
	aet_restart_replace();
}

void aet_stop_first_kill(void)
{
	(void)aet_generation_signal(aet_sup.serving, told ? SIGKILL : SIGTERM);
}
