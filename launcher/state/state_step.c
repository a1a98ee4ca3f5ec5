#include "state/state_step.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "aeterna/module.h"
#include "process/member.h"
#include "service/fact.h"
#include "service/service.h"

struct aet_state_step aet_state_now;

uint64_t aet_state_publish(uint32_t kind, uint32_t generation)
{
	static uint32_t serial;
	uint64_t step = aet_step(kind, generation, ++serial);

	atomic_store(&aet_service.page->step, step);
	aet_members_wake(generation);
	return step;
}

void aet_state_fail(const char *reason, const char *detail)
{
	if (aet_state_now.kind == 0 || aet_state_now.failure.reason)
		return; /* the first failure is the cause of the others */
	aet_state_now.failure.reason = reason;
	(void)snprintf(
		aet_state_now.failure.detail, sizeof(aet_state_now.failure.detail), "%s", detail);
	aet_fact_post(&(struct aet_fact){.kind = AET_FACT_STATE_FAILED});
}

const struct aet_state_failure *aet_state_failure(void)
{
	return &aet_state_now.failure;
}

struct aet_state_piece *aet_state_piece_of(uint32_t slot)
{
	for (unsigned i = 0; aet_state_now.kind && i < aet_state_now.set->count; i++)
		if (aet_state_now.set->pieces[i].slot == slot)
			return &aet_state_now.set->pieces[i];
	return NULL;
}

bool aet_state_all_done(void)
{
	for (unsigned i = 0; i < aet_state_now.set->count; i++)
		if (!aet_state_now.set->pieces[i].done ||
			(aet_state_now.kind == AETERNA_STEP_DUMP &&
				aet_state_now.set->pieces[i].stream.open))
			return false;
	return true;
}

bool aet_state_all_copied(void)
{
	for (unsigned i = 0; i < aet_state_now.set->count; i++)
		if (!aet_state_now.set->pieces[i].done && !aet_state_now.set->pieces[i].is_copied)
			return false;
	return true;
}

static int stream_error(void)
{
	for (unsigned i = 0; i < aet_state_now.set->count; i++)
		if (aet_state_now.set->pieces[i].stream.error)
			return aet_state_now.set->pieces[i].stream.error;
	return 0;
}

void aet_state_on_dumped(void)
{
	int result;

	if (aet_state_now.kind != AETERNA_STEP_DUMP)
		return;
	/* A failed stream counts at once: its writer would only report that nobody reads. */
	result = stream_error();
	if (result == 0 && !aet_state_all_done())
		return;
	if (result == 0)
		result = aet_state_set_seal(aet_state_now.set);
	if (result == 0)
		aet_fact_post(&(struct aet_fact){.kind = AET_FACT_DUMPED});
	else if (result == -ENOMEM)
		aet_state_fail("no_memory", "no room for the state");
	else if (result == -EFBIG)
		aet_state_fail(
			"state_too_large", "more than 64 MiB through the pipe: use mechanism: shm");
	else if (result == -E2BIG)
		aet_state_fail("state_corrupt", "the stream brought more bytes than it says");
	else if (result == -EBUSY)
		aet_state_fail("dump_failed", "the state is mapped for writing still");
	else
		aet_state_fail("state_corrupt", "the state was not written to its end");
}
