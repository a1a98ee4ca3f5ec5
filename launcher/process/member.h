/*
 * Members: processes with a lifeline, a connection to the launcher that stays open, which take part
 * in their generation's swaps. A process that closes the lifeline, or ends, is no member any more.
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
	int fd; /* the lifeline; closed when the member leaves */
	uint64_t holds; /* a bit for the id of each listener that it has open */
	uint64_t gated; /* the last phase word for which it reported that it is gated */
	uint64_t followed; /* the last phase word for which it has handled all its connections */
	uint64_t stands; /* the last one under which it stands still, without state of its own */
	uint32_t slot; /* in the page */
	uint32_t order; /* of its first interest; 0: it has shown none */
	bool dumps; /* it has state to dump */
	bool loads; /* it can load state */
	bool merges; /* what it changes after a dump could be merged, as far as it knows */
	bool describes; /* it can say what its state is */
	bool was_asked; /* it has told what hooks it has since aet_members_ask_hooks() */
	bool is_ignored; /* its generation was given up */
	struct aet_source source;
};

struct aet_member;
struct aet_moved;
typedef void aet_member_moved_fn(const struct aet_member *member, const struct aet_moved *note);
typedef void aet_member_stayed_fn(
	const struct aet_member *member, uint32_t listener, uint32_t count);

/* Sets what to call when connections leave a process, or cannot. All other notes become facts. */
void aet_members_set_notes(aet_member_moved_fn *moved, aet_member_stayed_fn *stayed);

/* NULL: the slot is free. */
const struct aet_member *aet_member_of_slot(uint32_t slot);

/* Makes a member that takes fd; NULL when there are too many or memory is short. */
struct aet_member *aet_member_add(int fd, pid_t pid, uint32_t generation);

/* Makes every member of the generation look at the page. */
void aet_members_wake(uint32_t generation);

/* The generation is killed: what its members say about listeners from now on, or have said and was not
 * read yet, counts no more. */
void aet_members_ignore(uint32_t generation);

/* From now on was_asked says who has told its hooks since. */
void aet_members_ask_hooks(uint32_t generation);

/* True if the generation has a member. */
bool aet_members_any(uint32_t generation);

/* True when every member of the generation is gated for this word. */
bool aet_members_are_gated(uint32_t generation, uint64_t word);

/* True when every member of the generation has handled all its connections for this word. */
bool aet_members_followed(uint32_t generation, uint64_t word);

/* Requests in flight in the generation, as its processes count them. */
unsigned aet_members_busy(uint32_t generation);

struct aet_busy_count {
	unsigned unquiet; /* requests and other work in flight that a dump waits for */
	unsigned detached; /* requests in flight that it does not wait for */
};

void aet_members_count(uint32_t generation, struct aet_busy_count *ret_count);

/* Requests that the generation has answered so far, also by processes that have left. 0 where its
 * connections are not followed. */
unsigned aet_members_answered(uint32_t generation);

/* The generation of a member process; 0: it is none. */
uint32_t aet_member_generation(pid_t pid);

/* Calls visit for each member of the generation. */
void aet_members_visit(uint32_t generation,
	void (*visit)(const struct aet_member *member, void *data), void *data);

#endif
