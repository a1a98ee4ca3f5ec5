#include "state/state_order.h"

#include <stdbool.h>
#include <stddef.h>

#include "aeterna/module.h"
#include "process/member.h"
#include "state/state_set.h"

struct search {
	uint32_t step;
	uint32_t after; /* the order of the last one that was found */
	const struct aet_member *next;
	uint32_t *slots;
	unsigned count;
	unsigned max;
};

static bool has_state(const struct aet_member *member, uint32_t step)
{
	return step == AETERNA_STEP_DUMP ? member->dumps : member->loads;
}

static void look_for_next(const struct aet_member *member, void *data)
{
	struct search *search = data;

	if (has_state(member, search->step) && member->order > search->after &&
		(!search->next || member->order < search->next->order))
		search->next = member;
}

static void take_any(const struct aet_member *member, void *data)
{
	struct search *search = data;

	if (has_state(member, search->step) && search->count < search->max)
		search->slots[search->count++] = member->slot;
}

unsigned aet_state_order(uint32_t generation, uint32_t step, uint32_t *ret_slots, unsigned max)
{
	struct search search = {.step = step, .slots = ret_slots, .max = max};

	while (search.count < max) {
		search.next = NULL;
		aet_members_visit(generation, look_for_next, &search);
		if (!search.next)
			break;
		search.slots[search.count++] = search.next->slot;
		search.after = search.next->order;
	}
	if (search.count == 0)
		aet_members_visit(generation, take_any, &search);
	return search.count;
}

bool aet_state_can_merge(uint32_t generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found =
		aet_state_order(generation, AETERNA_STEP_DUMP, slots, AET_STATE_PIECES_MAX);

	for (unsigned i = 0; i < found; i++) {
		const struct aet_member *member = aet_member_of_slot(slots[i]);

		if (!member || !member->merges)
			return false;
	}
	return found > 0;
}
