/*
 * Members: processes that hold a lifeline, that is, that take part in their generation's swaps.
 * A member ends when its connection does.
 */
#ifndef AET_MEMBER_H
#define AET_MEMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/loop.h"
#include "phase.h"

#define AET_MEMBERS_MAX AET_PAGE_SLOTS

struct aet_member {
	struct aet_member *next;
	pid_t pid;
	uint32_t generation;
	int fd; /* the lifeline; ours */
	uint64_t holds; /* a bit for the id of each listener that it has open */
	uint64_t gated; /* the phase word it last said it is shut for */
	uint64_t followed; /* the phase word for which it looked at all its connections */
	uint32_t slot; /* in the page */
	uint32_t order; /* of its first interest; 0: it had none yet */
	bool dumps; /* it has state to dump, */
	bool loads; /* or can load some */
	struct aet_source source;
};

struct aet_member;
struct aet_moved;
typedef void aet_member_moved_fn(const struct aet_member *member, const struct aet_moved *note);
typedef void aet_member_stayed_fn(
	const struct aet_member *member, uint32_t listener, uint32_t count);

/* Who is told when connections leave a process, or cannot. All other notes are facts. */
void aet_members_set_notes(aet_member_moved_fn *moved, aet_member_stayed_fn *stayed);

/* NULL: nobody has the slot. */
const struct aet_member *aet_member_of_slot(uint32_t slot);

/* Takes the connection over; NULL when there are too many or memory is short. */
struct aet_member *aet_member_add(int fd, pid_t pid, uint32_t generation);

/* Makes every member of the generation look at the page. */
void aet_members_wake(uint32_t generation);

/* True when every member of the generation is shut for this word. */
bool aet_members_are_gated(uint32_t generation, uint64_t word);

/* True when every member of the generation has given up what it could for this word. */
bool aet_members_followed(uint32_t generation, uint64_t word);

/* Requests in flight in the generation, as its processes follow them. */
unsigned aet_members_busy(uint32_t generation);

struct aet_busy_count {
	unsigned unquiet; /* requests and other work in flight that a dump waits for */
	unsigned detached; /* requests in flight that it does not wait for */
};

void aet_members_count(uint32_t generation, struct aet_busy_count *ret_count);

/*
 * The slots of the processes of a generation that dump or load (AETERNA_STEP_*), in the order of
 * their first interest; where nobody has any, of all of them. At most max; returns how many.
 */
unsigned aet_members_with_state(
	uint32_t generation, uint32_t step, uint32_t *ret_slots, unsigned max);

/* The generation of a member process; 0: it is none. */
uint32_t aet_member_generation(pid_t pid);

/* Calls visit for each member of the generation. */
void aet_members_visit(uint32_t generation,
	void (*visit)(const struct aet_member *member, void *data), void *data);

#endif
