#include "swap/forecast.h"

#include <stdint.h>
#include <stdio.h>

#include "base/loop.h"
#include "state/state.h"
#include "state/state_step.h"
#include "swap/swap.h"
#include "util.h"

#define TOO_OFTEN 2 /* a forecast is not exact: only twice the limit is too long */

static uint64_t dump_us; /* 0: not measured */
static uint64_t load_us;
static uint64_t estimate; /* of the state's bytes at that dump; 0: nobody knew */

static uint64_t took_us(void)
{
	return AET_MAX(aet_now_us() - aet_state_now.begun_us, 1u);
}

void aet_forecast_dumped(void)
{
	dump_us = took_us();
	estimate = aet_state_estimate();
}

void aet_forecast_loaded(void)
{
	load_us = took_us();
}

double aet_forecast_measured_ms(void)
{
	return (double)(dump_us + load_us) / 1e3;
}

static double growth(void)
{
	uint64_t now = aet_state_estimate();

	return estimate > 0 && now > 0 ? (double)now / (double)estimate : 1;
}

/* With overlap: false the load does not count: nobody stands still for it. */
bool aet_forecast_refuses(char *ret_detail, size_t size)
{
	uint64_t measured_us = dump_us + (aet_swap.goal == AET_GOAL_REPLACE ? 0 : load_us);
	double expected_s = (double)measured_us * growth() / 1e6;
	double limit_s = (double)aet_swap_config()->handoff_timeout_ms / 1e3;

	if (dump_us == 0 || aet_swap.goal == AET_GOAL_SNAPSHOT || expected_s < TOO_OFTEN * limit_s)
		return false;
	(void)snprintf(ret_detail, size,
		"the last dump took %.2f s and the load %.2f s, and the state is %.1f times as large "
		"now: about %.1f s; handoff.timeout is %.2f s: set it to %us or more",
		(double)dump_us / 1e6, (double)load_us / 1e6, growth(), expected_s, limit_s,
		(unsigned)(expected_s * 1.5) + 1);
	return true;
}
