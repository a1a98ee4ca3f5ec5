#include "swap/backlogs.h"

#include <stddef.h>

#include "base/loop.h"
#include "listen/listener.h"
#include "swap/swap.h"

#define CALM_MS       2000 /* a queue that filled during a gate is empty long before */
#define MOVED_CALM_MS 10000 /* after the commit; most moved clients have spoken by then */

static struct aet_timer calm;

/* The program accepts moved connections as their clients speak. That is extra work, during which a
 * short queue might overflow. */
static bool is_calm(void)
{
	if (aet_swap.state != AET_SWAP_SERVE && aet_swap.state != AET_SWAP_PROBATION)
		return false;
	return aet_swap.moved == 0 ||
		aet_now_us() >= aet_swap.last.ended_us + MOVED_CALM_MS * 1000ull;
}

static void on_calm(struct aet_timer *timer)
{
	if (is_calm())
		aet_listener_restore_backlogs();
	else
		aet_timer_start(timer, CALM_MS, on_calm, NULL);
}

void aet_backlogs_raise(void)
{
	aet_listener_raise_backlogs();
	aet_timer_start(&calm, CALM_MS, on_calm, NULL);
}
