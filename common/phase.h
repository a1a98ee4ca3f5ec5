/*
 * The phase word: who serves, who waits, and whether the serving generation is gated. It is the
 * one truth about a swap. It lives in a page shared by the launcher and every process of every
 * generation, and it is changed by compare-and-swap alone, so that release and ungate are one
 * instant for any number of processes and the death of any of them leaves exactly one generation
 * serving. Messages and signals only make processes look.
 *
 *   bits 0-7    phase        bits 8-35   serving generation        bits 36-63  candidate or 0
 */
#ifndef AET_PHASE_H
#define AET_PHASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "book.h"

#define AET_PAGE_MAGIC   0x4547415041455441ull
#define AET_PAGE_VERSION 6
#define AET_PAGE_SLOTS   1024 /* processes that take part, at most */
#define AET_PAGE_SIZE    sizeof(struct aet_page)

enum aet_phase {
	AET_PHASE_OPEN = 0, /* the serving generation serves; a candidate, if any, is parked */
	AET_PHASE_GATED = 1, /* the serving generation takes nothing new; the candidate is parked */
	AET_PHASE_LOADING = 2, /* alone: it is parked until it has loaded the state that is kept */
	AET_PHASE_YIELD = 3, /* it gives up what it has to the candidate, which is not there yet */
};

/* What becomes of the connections of a generation that was replaced. */
enum aet_page_connections { AET_PAGE_DRAIN, AET_PAGE_MIGRATE, AET_PAGE_CLOSE };

/*
 * After a commit without state one connection goes ahead, the first whose client speaks: a new version
 * may listen before it can answer, and end. The others follow its answer, or after a while. The word
 * in the page is one of these and, from SENT on, the listener it came from.
 */
enum aet_trial {
	AET_TRIAL_OVER, /* or there is none: connections move */
	AET_TRIAL_WANTED, /* the old generation keeps all others */
	AET_TRIAL_SENDING, /* likewise, for a few microseconds */
	AET_TRIAL_SENT, /* it is in the handoff queue, the others come after it */
	AET_TRIAL_TAKEN, /* the new generation has it, and takes no other */
};

/* Gated with state: no new request on any connection. What becomes of those in flight. */
enum aet_busy_policy {
	AET_BUSY_POLICY_NONE, /* there is no state: requests on open connections are answered still */
	AET_BUSY_POLICY_WAIT, /* there is none in flight when the state is dumped */
	AET_BUSY_POLICY_CUT, /* their answers are cut at the commit */
	AET_BUSY_POLICY_DRAIN, /* the old generation answers them to the end */
	AET_BUSY_POLICY_DETACHED, /* such as touch the state no more: likewise; there is no other */
	AET_BUSY_POLICY_MERGE, /* as DRAIN, and what they write is merged when they are over */
};

/* What one process tells all the time; zeroed by the launcher when it is gone. */
struct aet_slot {
	_Atomic(uint32_t) busy; /* requests in flight, and other work a dump waits for */
	_Atomic(uint32_t) detached; /* of those, that touch the state no more */
	_Atomic(uint32_t) answered; /* requests */
	uint32_t reserved;
};

struct aet_page {
	uint64_t magic;
	uint32_t version;
	uint32_t reserved;
	_Atomic(uint64_t) word;
	_Atomic(uint32_t) connections; /* enum aet_page_connections; set before the commit */
	_Atomic(uint32_t) close_up_to; /* generations up to this one close at the next boundary */
	_Atomic(uint64_t) takers; /* one bit a listener: the serving generation accepts on it */
	_Atomic(uint32_t) queued; /* connections between two generations */
	_Atomic(uint32_t) busy_policy; /* enum aet_busy_policy; set before the gate */
	_Atomic(uint64_t) step; /* of the state, which processes of which generation have to do */
	_Atomic(uint32_t) expected; /* connections that may move; told when a swap begins */
	_Atomic(uint32_t) frozen; /* the generation that dumps for a commit, or has; 0: none */
	_Atomic(uint64_t) roomless; /* one bit a listener: no taker, as it has no room for them */
	_Atomic(uint64_t) frozen_until_ms; /* CLOCK_MONOTONIC: its successor has lasted then */
	_Atomic(uint32_t) standing; /* processes that dumped, and stand still */
	_Atomic(uint32_t) trial; /* aet_trial_word() */
	_Atomic(uint64_t) spoke_http; /* one bit a listener: an HTTP answer has ended there */
	_Atomic(uint64_t) spoke_first; /* one bit a listener: a server spoke before its client */
	uint8_t room[4096 - 104];
	struct aet_slot slots[AET_PAGE_SLOTS];
	struct aet_book book;
};

static inline uint32_t aet_trial_word(enum aet_trial trial, uint32_t listener)
{
	return (uint32_t)trial | listener << 8;
}

static inline enum aet_trial aet_trial_of(uint32_t word)
{
	return (enum aet_trial)(word & 0xff);
}

/* What a dump has to wait for. Both counts move while they are read: a moment's error shows at the
 * next look, and the process itself looks when it stands still. */
static inline uint32_t aet_slot_unquiet(const struct aet_slot *slot)
{
	uint32_t detached = atomic_load(&slot->detached);
	uint32_t busy = atomic_load(&slot->busy);

	return busy > detached ? busy - detached : 0;
}

/* What a process of some generation has to do, derived from the word alone. */
enum aet_role {
	AET_ROLE_SERVE, /* take connections */
	AET_ROLE_HOLD, /* gated: take nothing new, be ready to go on */
	AET_ROLE_PARK, /* candidate: wait */
	AET_ROLE_DRAIN, /* an older generation: finish what is under way */
	AET_ROLE_ABORTED, /* a candidate that lost: end */
};

static inline uint64_t aet_word(enum aet_phase phase, uint32_t serving, uint32_t candidate)
{
	return (uint64_t)phase | (uint64_t)serving << 8 | (uint64_t)candidate << 36;
}

static inline enum aet_phase aet_word_phase(uint64_t word)
{
	return (enum aet_phase)(word & 0xff);
}

static inline uint32_t aet_word_serving(uint64_t word)
{
	return (uint32_t)(word >> 8 & 0xfffffff);
}

static inline uint32_t aet_word_candidate(uint64_t word)
{
	return (uint32_t)(word >> 36);
}

static inline enum aet_role aet_word_role(uint64_t word, uint32_t generation)
{
	uint32_t serving = aet_word_serving(word);

	if (generation == serving) {
		switch (aet_word_phase(word)) {
		case AET_PHASE_GATED:
			return AET_ROLE_HOLD;
		case AET_PHASE_LOADING:
			return AET_ROLE_PARK;
		case AET_PHASE_YIELD:
			return AET_ROLE_DRAIN;
		case AET_PHASE_OPEN:
		default:
			return AET_ROLE_SERVE;
		}
	}
	if (generation == aet_word_candidate(word))
		return AET_ROLE_PARK;
	return generation < serving ? AET_ROLE_DRAIN : AET_ROLE_ABORTED;
}

/*
 * Whether a generation stands still: its state is dumped for a commit, and the swap is undecided, or
 * decided and its successor has not lasted yet. It goes on when the word says that it serves. It is
 * the generation's own mark: no other gate, and no snapshot, lets it go on.
 */
static inline bool aet_page_is_frozen(const struct aet_page *page, uint32_t generation)
{
	return atomic_load(&page->frozen) == generation && generation != 0 &&
		aet_word_role(atomic_load(&page->word), generation) != AET_ROLE_SERVE;
}

/* A step (AETERNA_STEP_*) that processes of a generation take once for each serial. */
static inline uint64_t aet_step(uint32_t step, uint32_t generation, uint32_t serial)
{
	return (uint64_t)step | (uint64_t)generation << 8 | (uint64_t)serial << 36;
}

static inline uint32_t aet_step_kind(uint64_t step)
{
	return (uint32_t)(step & 0xff);
}

/* As much of the serial as a report has room for; never 0. */
static inline uint32_t aet_step_serial(uint64_t step)
{
	return (uint32_t)(step >> 36 & 0x7fffff) | 0x800000;
}

static inline uint32_t aet_step_generation(uint64_t step)
{
	return (uint32_t)(step >> 8 & 0xfffffff);
}

/* Whether it says anything else than that one generation serves. */
static inline bool aet_word_is_decided(uint64_t word)
{
	return aet_word_candidate(word) == 0 && aet_word_phase(word) == AET_PHASE_OPEN;
}

/*
 * Undoes an undecided swap: the serving generation serves, the candidate is none. A decided word is
 * left alone. Any process may call it, any number of times; async-signal-safe. Returns the word that
 * stands.
 */
static inline uint64_t aet_page_abort(struct aet_page *page)
{
	uint64_t word = atomic_load(&page->word);

	while (!aet_word_is_decided(word)) {
		uint64_t undone = aet_word(AET_PHASE_OPEN, aet_word_serving(word), 0);

		if (atomic_compare_exchange_weak(&page->word, &word, undone))
			return undone;
	}
	return word;
}

/*
 * The replaced generation that is frozen serves again: the one that the word names is dead, and so is
 * the launcher, which would have done it. Any of its processes may call it; async-signal-safe. False:
 * the word says something else by now.
 */
static inline bool aet_page_take_back(struct aet_page *page, uint32_t generation)
{
	uint64_t word = atomic_load(&page->word);

	return aet_page_is_frozen(page, generation) &&
		aet_word_role(word, generation) == AET_ROLE_DRAIN &&
		atomic_compare_exchange_strong(
			&page->word, &word, aet_word(AET_PHASE_OPEN, generation, 0));
}

#endif
