#include "state/state.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>

#include "aeterna/module.h"
#include "process/generation.h"
#include "process/member.h"
#include "state/debt.h"
#include "state/prefault.h"
#include "state/restore.h"
#include "state/set_aside.h"
#include "state/state_late.h"
#include "state/state_order.h"
#include "state/state_set.h"
#include "state/state_step.h"
#include "service/service.h"

#define COPY_GRACE_US 200000
#define ASK_LIMIT     50 /* times: hooks in C never answer */

static struct aet_state_set fresh; /* being dumped, or dumped but not kept yet */
static struct aet_state_set echo; /* a dry run: what the new version writes after its load */
static struct aet_state_set kept;
static bool kept_is_snapshot;
static bool kept_is_sealed;
static uint64_t sizes[AET_STATE_PIECES_MAX]; /* as the processes estimate them */
static unsigned sizes_reported;
static unsigned times_asked;

static unsigned count_with_state(const struct aet_generation *generation, uint32_t kind)
{
	uint32_t slots[AET_STATE_PIECES_MAX];

	return aet_state_order(generation->number, kind, slots, AET_STATE_PIECES_MAX);
}

unsigned aet_state_dumpers(const struct aet_generation *generation)
{
	return count_with_state(generation, AETERNA_STEP_DUMP);
}

unsigned aet_state_loaders(const struct aet_generation *generation)
{
	return count_with_state(generation, AETERNA_STEP_LOAD);
}

uint32_t aet_state_ask(uint32_t step, uint32_t generation)
{
	(void)aet_late_cancel(); /* a process that merges needs its step in the page no more */
	return aet_step_serial(aet_state_publish(step, generation));
}

static void ask_for_size(const struct aet_generation *from)
{
	sizes_reported = times_asked = 0;
	if (fresh.count > 0)
		(void)aet_state_ask(AETERNA_STEP_SIZE, from->number);
}

void aet_state_prepare_copy(const struct aet_generation *from, enum aet_mechanism mechanism)
{
	aet_state_drop();
	aet_state_set_open(&fresh, aet_state_dumpers(from), mechanism, from->number);
}

void aet_state_prepare(const struct aet_generation *from, enum aet_mechanism mechanism)
{
	aet_state_drop();
	aet_state_set_open(&fresh, aet_state_dumpers(from), mechanism, from->number);
	aet_state_set_prefault(&fresh);
	ask_for_size(from);
}

void aet_state_size_reported(const struct aet_generation *from, uint32_t slot, uint64_t bytes)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found =
		aet_state_order(from->number, AETERNA_STEP_DUMP, slots, AET_STATE_PIECES_MAX);

	if (aet_state_now.kind != 0 || found != fresh.count)
		return;
	for (unsigned i = 0; i < found; i++)
		if (slots[i] == slot) {
			sizes[i] = bytes;
			sizes_reported++;
		}
	if (sizes_reported == fresh.count)
		aet_state_set_expect(&fresh, sizes);
}

uint64_t aet_state_estimate(void)
{
	uint64_t all = 0;

	if (fresh.count == 0 || sizes_reported != fresh.count)
		return 0;
	for (unsigned i = 0; i < fresh.count; i++)
		all += sizes[i];
	return all;
}

void aet_state_ask_again(const struct aet_generation *from)
{
	if (sizes_reported < fresh.count && times_asked++ < ASK_LIMIT)
		aet_members_wake(from->number);
}

/* --- the steps --- */

static int publish(
	struct aet_state_set *set, uint32_t kind, const struct aet_generation *generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found = aet_state_order(generation->number, kind, slots, AET_STATE_PIECES_MAX);

	if (!aet_late_cancel())
		return -EBUSY;
	if (found != set->count)
		return -ESRCH;
	aet_state_now.set = set;
	for (unsigned i = 0; i < set->count; i++) {
		set->pieces[i].slot = slots[i];
		set->pieces[i].asked = set->pieces[i].done = false;
		set->pieces[i].is_copied = false;
		set->pieces[i].copy = 0;
		set->pieces[i].copy_ended_us = 0;
		if (kind == AETERNA_STEP_DUMP)
			set->pieces[i].writer_slot = slots[i];
	}
	aet_state_now.kind = kind;
	aet_state_now.begun_us = aet_now_us();
	aet_state_now.failure.reason = NULL;
	aet_state_now.step = aet_state_publish(kind, generation->number);
	return 0;
}

int aet_state_begin_dump(const struct aet_generation *from, uint32_t flags)
{
	aet_prefault_end();
	aet_state_now.goes_on = flags & AETERNA_SNAPSHOT;
	aet_state_now.is_compared = flags & AETERNA_COMPARE;
	aet_state_now.is_merged = flags & AETERNA_MERGED;
	return publish(&fresh, AETERNA_STEP_DUMP, from);
}

void aet_state_let_go(void)
{
	atomic_store(&aet_service.page->step, 0);
}

int aet_state_begin_echo(const struct aet_generation *from, enum aet_mechanism mechanism)
{
	aet_state_set_open(&echo, aet_state_dumpers(from), mechanism, from->number);
	aet_prefault_end();
	aet_state_now.goes_on = aet_state_now.is_merged = false;
	aet_state_now.is_compared = true;
	return publish(&echo, AETERNA_STEP_DUMP, from);
}

int aet_state_begin_load(const struct aet_generation *into, bool keeps_missing)
{
	struct aet_state_set *set = aet_restore_chosen();

	if (!set)
		set = fresh.count > 0 ? &fresh : &kept;
	aet_state_now.keeps_missing = keeps_missing;
	return publish(set, AETERNA_STEP_LOAD, into);
}

bool aet_state_is_awaited(void)
{
	for (unsigned i = 0; aet_state_now.kind && i < aet_state_now.set->count; i++)
		if (!aet_state_now.set->pieces[i].asked)
			return true;
	return false;
}

void aet_state_nudge(void)
{
	if (aet_state_is_awaited())
		aet_members_wake(aet_step_generation(atomic_load(&aet_service.page->step)));
}

bool aet_state_is_loaded(void)
{
	return aet_state_now.kind == AETERNA_STEP_LOAD && aet_state_all_done();
}

void aet_state_member_left(uint32_t slot)
{
	const struct aet_state_piece *piece = aet_state_piece_of(slot);

	if (piece && (aet_state_now.kind == AETERNA_STEP_LOAD || !piece->done))
		aet_state_fail(
			aet_state_now.kind == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed",
			"a process with state ended meanwhile");
}

bool aet_state_copy_reaped(pid_t pid)
{
	for (unsigned i = 0; i < fresh.count; i++) {
		if (pid <= 0 || fresh.pieces[i].copy != pid)
			continue;
		fresh.pieces[i].copy = 0;
		fresh.pieces[i].copy_ended_us = aet_now_us();
		return true;
	}
	return false;
}

void aet_state_look_at_copies(void)
{
	for (unsigned i = 0; aet_state_now.goes_on && i < fresh.count; i++) {
		const struct aet_state_piece *piece = &fresh.pieces[i];

		/* Its report may come after the news of its end. */
		if (!piece->done && piece->copy_ended_us != 0 &&
			aet_now_us() - piece->copy_ended_us > COPY_GRACE_US)
			aet_state_fail(
				"dump_failed", "the copy that dumped ended without a report");
	}
}

/* It writes what nobody wants any more. Whoever is no child of the launcher's ends by itself. */
static void end_copies(void)
{
	siginfo_t info;

	for (unsigned i = 0; i < fresh.count; i++) {
		pid_t copy = fresh.pieces[i].copy;

		if (copy > 0 && !fresh.pieces[i].done &&
			waitid(P_PID, (id_t)copy, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
			(void)kill(copy, SIGKILL);
	}
}

static void end_step(void)
{
	if (aet_late_is_active())
		return; /* no swap has a step in hand then */
	end_copies();
	aet_state_now.goes_on = false;
	aet_state_now.failure.reason = NULL;
	aet_state_now.kind = 0;
	aet_state_now.set = &fresh;
	atomic_store(&aet_service.page->step, 0);
}

void aet_state_drop(void)
{
	end_step();
	aet_prefault_end();
	aet_state_set_clear(&fresh);
	aet_state_set_clear(&echo);
}

/* What the old generation had is not what the new one has. */
static void keep_chosen(struct aet_state_set *chosen)
{
	if (fresh.count > 0)
		aet_set_aside_add(&fresh, "a restore replaced it");
	aet_state_set_move(&kept, chosen);
	kept_is_sealed = true;
}

void aet_state_adopt_chosen(void)
{
	struct aet_state_set *chosen = aet_restore_chosen();

	if (!chosen)
		return;
	if (kept.count > 0)
		aet_set_aside_add(&kept, "a restore replaced it");
	keep_chosen(chosen);
}

void aet_state_keep(bool is_snapshot)
{
	end_step();
	if (aet_restore_chosen()) {
		keep_chosen(aet_restore_chosen());
		return;
	}
	if (fresh.count == 0)
		return;
	kept_is_sealed = !is_snapshot;
	/* A state kept by a snapshot still counts as one, and is newer now. */
	kept_is_snapshot = is_snapshot || (kept.count > 0 && kept_is_snapshot);
	aet_state_set_move(&kept, &fresh);
	aet_debts_settle();
}

void aet_state_end_load(void)
{
	if (fresh.bytes > 0)
		aet_state_keep(false);
	else
		aet_state_drop();
}

static void forget(void)
{
	aet_state_set_clear(&kept);
	kept_is_snapshot = kept_is_sealed = false;
}

bool aet_state_is_sealed(void)
{
	return kept.count > 0 && kept_is_sealed;
}

void aet_state_prove(void)
{
	kept_is_sealed = false;
	if (!kept_is_snapshot)
		forget();
}

void aet_state_set_aside(const char *why)
{
	if (kept.count > 0)
		aet_set_aside_add(&kept, why);
	forget();
}

void aet_state_take_snapshot(struct aet_state_set *set)
{
	aet_state_set_move(&kept, set);
	kept_is_snapshot = true;
}

bool aet_state_is_kept(void)
{
	return kept.count > 0;
}

bool aet_state_is_snapshot(void)
{
	return kept.count > 0 && kept_is_snapshot;
}

unsigned aet_state_kept_pieces(void)
{
	return kept.count;
}

uint64_t aet_state_kept_bytes(void)
{
	return kept.bytes;
}

uint64_t aet_state_kept_age_us(void)
{
	return aet_now_us() - kept.sealed_us;
}

const struct aet_state_set *aet_state_kept(void)
{
	return &kept;
}

const struct aet_state_set *aet_state_dumped(void)
{
	return &fresh;
}

const struct aet_state_set *aet_state_echoed(void)
{
	return &echo;
}

unsigned aet_state_pieces(void)
{
	return fresh.count;
}

uint64_t aet_state_bytes(void)
{
	return fresh.bytes;
}
