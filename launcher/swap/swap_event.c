/*
 * What processes tell and what becomes of them, as events of the swap in hand.
 */
#include "swap/swap_event.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "swap/drain.h"
#include "process/generation.h"
#include "listen/listener.h"
#include "base/log.h"
#include "process/member.h"
#include "swap/handoff_queue.h"
#include "swap/ready.h"
#include "swap/restart.h"
#include "supervisor.h"
#include "swap/swap.h"

static void check_ready(uint32_t generation)
{
	if (aet_sup.swap == AET_SWAP_BOOT && aet_sup.candidate->number == generation &&
		aet_ready_is(aet_sup.candidate, false))
		aet_swap_happen(AET_EVENT_READY);
	else if (aet_sup.serving && aet_sup.serving->number == generation)
		aet_restart_check_ready();
}

void aet_swap_listener_wanted(struct aet_listener *listener, const struct aet_member *member)
{
	if (listener->adopted < member->generation)
		aet_swap_listener_adopted(listener, member->generation, member->pid);
	if (listener->withdrawn == member->generation)
		listener->withdrawn = 0; /* a forked worker goes on with it */
	if (listener->wanted < member->generation)
		listener->wanted = member->generation;
	check_ready(member->generation);
}

void aet_swap_listener_adopted(struct aet_listener *listener, uint32_t generation, int pid)
{
	if (listener->adopted < generation)
		listener->former = (struct aet_listener_use){
			listener->adopted, listener->adopted_pid, listener->wanted};
	if (listener->adopted <= generation) {
		listener->adopted = generation;
		listener->adopted_pid = pid;
	}
	if (listener->withdrawn == generation)
		listener->withdrawn = 0;
	if (aet_sup.serving && aet_sup.serving->number == generation)
		aet_queue_open_to(aet_sup.serving, false);
	check_ready(generation);
}

void aet_swap_listener_withdrawn(struct aet_listener *listener, const struct aet_member *member)
{
	if (aet_members_hold(member->generation, aet_listener_id(listener), member))
		return;
	listener->withdrawn = member->generation;
	aet_drain_listener_unused(listener, member->generation);
}

void aet_swap_member_gated(uint32_t generation)
{
	if ((aet_sup.swap != AET_SWAP_GATE && aet_sup.swap != AET_SWAP_SNAP) ||
		aet_sup.serving->number != generation)
		return;
	if (aet_members_are_gated(generation, atomic_load(&aet_sup.page->word)))
		aet_swap_happen(AET_EVENT_SHUT);
}

void aet_swap_member_left(uint32_t generation)
{
	aet_swap_member_gated(generation);
}

void aet_swap_notified(struct aet_generation *generation)
{
	check_ready(generation->number);
}

void aet_swap_exec_failed(struct aet_generation *generation, int error, const char *what)
{
	char detail[160];

	(void)snprintf(detail, sizeof(detail), "cannot execute '%s': %s",
		what ? what : "the program", strerror(error));
	aet_swap_set_cause(error == ENOENT ? "not_found" : "not_executable", detail);
	aet_log_error("%s", detail);
	generation->status = (error == ENOENT ? 127 : 126) << 8;
	if (aet_sup.swap != AET_SWAP_NONE && generation == aet_sup.candidate)
		aet_swap_happen(AET_EVENT_CANDIDATE_LOST);
}

static void describe_exit(const struct aet_generation *generation)
{
	int status = generation->status;
	char detail[160];

	if ((status & 0x7f) == 0) {
		(void)snprintf(detail, sizeof(detail),
			"generation %u exited with status %d before it was ready%s",
			generation->number, status >> 8 & 0xff,
			status == 0 && aet_generation_is_alive(generation)
				? ": a program that goes to the background has to be told to stay "
				  "in the foreground"
				: "");
		aet_swap_set_cause("exited", detail);
	} else {
		(void)snprintf(detail, sizeof(detail),
			"generation %u was ended by signal %d before it was ready",
			generation->number, status & 0x7f);
		aet_swap_set_cause("killed", detail);
	}
}

/* Nobody told it to: what it still had went with it. */
static void describe_drained(const struct aet_generation *generation)
{
	int status = generation->status;

	if ((status & 0x7f) == 0)
		aet_log_warning("generation %u ended by itself while it drained %u connections: "
				"status %d",
			generation->number, generation->draining, status >> 8 & 0xff);
	else
		aet_log_warning("generation %u ended while it drained %u connections: signal %d",
			generation->number, generation->draining, status & 0x7f);
}

void aet_swap_main_exited(struct aet_generation *generation)
{
	if (generation == aet_sup.candidate) {
		describe_exit(generation);
		aet_swap_happen(AET_EVENT_CANDIDATE_LOST);
	} else if (generation == aet_sup.serving) {
		aet_swap_happen(AET_EVENT_SERVING_LOST);
	} else if (generation->state == AET_GENERATION_DRAINING) {
		describe_drained(generation);
	}
	aet_generation_bury_if_gone(generation);
}
