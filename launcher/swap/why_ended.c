#include "swap/why_ended.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/last_words.h"
#include "process/generation.h"
#include "process/member.h"
#include "process/stillborn.h"
#include "process/tree.h"
#include "swap/swap.h"

#define WORDS_MAX      100 /* of a detail */
#define JUST_FORKED_MS 150 /* a daemon that has not come to its setsid(2) yet */

/* ": 'words' (...)" for the end of a sentence; "" where there is nothing to say. */
static const char *words_of(bool may_be_locked, char *text, size_t size)
{
	char words[WORDS_MAX];
	bool any = aet_last_words_read(words, sizeof(words));
	bool is_lock = aet_swap.candidate && aet_swap_config()->overlap && may_be_locked &&
		(aet_swap.candidate_is_exclusive || (any && aet_last_words_tell_of_lock(words)));

	text[0] = '\0';
	if (any)
		(void)snprintf(text, size, ": '%s'", words);
	if (is_lock)
		(void)snprintf(text + strlen(text), size - strlen(text),
			"; where it cannot run twice, set handoff.overlap: false");
	return text;
}

static void look_outside(pid_t pid, void *data)
{
	pid_t session = getsid(pid);

	if (session > 0 && (session != getsid(0) || aet_tree_age_ms(pid) < JUST_FORKED_MS))
		*(bool *)data = true;
}

static void look_at_member(const struct aet_member *member, void *data)
{
	if (member->order > 0)
		*(bool *)data = true;
}

bool aet_why_ended_in_background(const struct aet_generation *generation)
{
	bool serves_on = false;

	if (generation->status != 0)
		return false;
	/* Workers that end a moment after their parent are nobody's daemon. */
	(void)aet_generation_visit(generation, look_outside, &serves_on);
	aet_members_visit(generation->number, look_at_member, &serves_on);
	return serves_on;
}

void aet_why_ended_exited(const struct aet_generation *generation)
{
	int status = generation->status;
	char detail[AET_SWAP_DETAIL];
	char words[AET_SWAP_DETAIL];

	if (aet_why_ended_in_background(generation)) {
		(void)snprintf(detail, sizeof(detail),
			"generation %u exited with status 0 before it was ready: a program that "
			"goes to the background has to be told to stay in the foreground",
			generation->number);
		aet_swap_set_cause("exited", detail);
	} else if (WIFEXITED(status)) {
		(void)snprintf(detail, sizeof(detail),
			"generation %u exited with status %d before it was ready%s",
			generation->number, WEXITSTATUS(status),
			words_of(true, words, sizeof(words)));
		aet_swap_set_cause("exited", detail);
	} else {
		(void)snprintf(detail, sizeof(detail),
			"generation %u was ended by signal %d before it was ready%s",
			generation->number, WTERMSIG(status),
			words_of(false, words, sizeof(words)));
		aet_swap_set_cause("killed", detail);
	}
}

bool aet_why_ended_is_stillborn(const struct aet_generation *candidate)
{
	enum aet_stillborn how = aet_stillborn_look(candidate);
	char detail[AET_SWAP_DETAIL];
	char words[AET_SWAP_DETAIL];

	if (how == AET_STILLBORN_NO)
		return false;
	(void)words_of(true, words, sizeof(words));
	if (how == AET_STILLBORN_RESPAWNS)
		(void)snprintf(detail, sizeof(detail),
			"%u processes that were to serve ended in a row%.120s",
			aet_stillborn_deaths(), words);
	else
		(void)snprintf(detail, sizeof(detail),
			"the process that was to serve ended, and no other was started%.120s",
			words);
	aet_swap_set_cause("workers_died", detail);
	return true;
}
