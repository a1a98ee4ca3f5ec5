#include "state/state_late.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "aeterna/module.h"
#include "service/service.h"
#include "state/debt.h"
#include "state/state_step.h"

static struct aet_debt *current;
static struct aet_state_set late = {.is_changes = true};

struct aet_debt *aet_late_debt(void)
{
	return current;
}

bool aet_late_is_active(void)
{
	return current != NULL;
}

uint32_t aet_late_flags(void)
{
	if (!current)
		return 0;
	return aet_state_now.kind == AETERNA_STEP_DUMP ? AETERNA_CHANGES : AETERNA_MERGE;
}

static void begin(struct aet_debt *debt, uint32_t kind, uint32_t slot)
{
	current = debt;
	late.count = 1;
	late.mechanism = aet_service.config->mechanism;
	late.writer = debt->generation;
	memcpy(late.run_id, aet_service.run_id, sizeof(late.run_id));
	late.pieces[0] = debt->changes;
	late.pieces[0].slot = slot;
	late.pieces[0].asked = late.pieces[0].done = false;
	debt->changes = (struct aet_state_piece){.fd = -1};
	aet_state_now = (struct aet_state_step){.set = &late, .kind = kind};
}

static void publish(uint32_t generation)
{
	aet_state_publish(aet_state_now.kind, generation);
	aet_state_now.step = atomic_load(&aet_service.page->step);
}

void aet_late_begin_changes(struct aet_debt *debt)
{
	aet_state_piece_clear(&debt->changes);
	begin(debt, AETERNA_STEP_DUMP, debt->slot);
	publish(debt->generation);
}

void aet_late_begin_merge(struct aet_debt *debt, uint32_t into, uint32_t slot)
{
	begin(debt, AETERNA_STEP_LOAD, slot);
	publish(into);
}

void aet_late_end(void)
{
	aet_state_stream_close(&late.pieces[0].stream); /* it refers to its place */
	current->changes = late.pieces[0];
	late.pieces[0] = (struct aet_state_piece){.fd = -1};
	late.count = 0;
	current = NULL;
	aet_state_now.kind = 0;
	atomic_store(&aet_service.page->step, 0);
}

bool aet_late_is_merging(void)
{
	return current && aet_state_now.kind == AETERNA_STEP_LOAD && late.pieces[0].asked &&
		!late.pieces[0].done && !aet_state_now.failure.reason;
}

bool aet_late_cancel(void)
{
	if (aet_late_is_merging())
		return false;
	if (current)
		aet_late_end();
	return true;
}
