#include "connections/fate.h"

#include <stdatomic.h>

#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/table.h"
#include "phase.h"

static enum aet_fate fate_in(const struct aet_socket *sock)
{
	const struct aet_page *page = aet_lib.page;

	if (aet_lib.generation <= atomic_load(&page->close_up_to))
		return AET_FATE_CLOSE;
	switch (atomic_load(&page->connections)) {
	case AET_PAGE_CLOSE:
		return AET_FATE_CLOSE;
	case AET_PAGE_MIGRATE:
		if (aet_lib.lifeline < 0) /* nobody would wake the other generation */
			return AET_FATE_STAY;
		return atomic_load(&page->takers) >> sock->listener & 1 ? AET_FATE_MOVE
									: AET_FATE_STAY;
	default:
		return AET_FATE_STAY;
	}
}

/* A process whose state is another's takes no request more. */
enum aet_fate aet_fate_of(const struct aet_socket *sock)
{
	enum aet_fate fate = fate_in(sock);

	return fate == AET_FATE_STAY && aet_frozen_has_handed_over() ? AET_FATE_CLOSE : fate;
}

static uint32_t trial_word(void)
{
	return atomic_load(&aet_lib.page->trial);
}

bool aet_trial_holds_back(void)
{
	enum aet_trial trial = aet_trial_of(trial_word());

	return trial == AET_TRIAL_WANTED || trial == AET_TRIAL_SENDING;
}

/* False: the launcher, or another process, was quicker. */
static bool change(uint32_t from, uint32_t to)
{
	return atomic_compare_exchange_strong(&aet_lib.page->trial, &from, to);
}

bool aet_trial_claim(void)
{
	return change(aet_trial_word(AET_TRIAL_WANTED, 0), aet_trial_word(AET_TRIAL_SENDING, 0));
}

void aet_trial_note_sent(const struct aet_socket *sock, bool sent)
{
	(void)change(aet_trial_word(AET_TRIAL_SENDING, 0),
		sent ? aet_trial_word(AET_TRIAL_SENT, sock->listener)
		     : aet_trial_word(AET_TRIAL_WANTED, 0));
}

/* Without the launcher nobody ends the trial. */
enum aet_trial_leave aet_trial_may_take(const struct aet_socket *sock)
{
	uint32_t word = trial_word();

	if (aet_trial_of(word) == AET_TRIAL_OVER || aet_lib.lifeline < 0)
		return AET_TRIAL_ALL;
	return word == aet_trial_word(AET_TRIAL_SENT, sock->listener) ? AET_TRIAL_ONE
								      : AET_TRIAL_NOTHING;
}

void aet_trial_note_taken(const struct aet_socket *sock)
{
	(void)change(aet_trial_word(AET_TRIAL_SENT, sock->listener),
		aet_trial_word(AET_TRIAL_TAKEN, sock->listener));
}

bool aet_trial_is_under_way(void)
{
	return aet_trial_of(trial_word()) == AET_TRIAL_TAKEN;
}

void aet_trial_end(void)
{
	uint32_t word = trial_word();

	if (aet_trial_of(word) == AET_TRIAL_TAKEN &&
		change(word, aet_trial_word(AET_TRIAL_OVER, 0)))
		aet_reconcile(); /* takes what waits in the queue */
}
