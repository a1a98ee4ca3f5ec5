#include "service/waiter.h"

#include <stddef.h>

static struct aet_waiter *waiters;
static uint64_t begun[AET_WAITER_KINDS];

void aet_waiter_add(struct aet_waiter *waiter, enum aet_waiter_kind kind, aet_waiter_fn *answer)
{
	waiter->kind = kind;
	waiter->run = begun[kind] + 1;
	waiter->answer = answer;
	waiter->next = waiters;
	waiters = waiter;
}

void aet_waiter_remove(struct aet_waiter *waiter)
{
	for (struct aet_waiter **at = &waiters; *at; at = &(*at)->next) {
		if (*at == waiter) {
			*at = waiter->next;
			break;
		}
	}
	waiter->answer = NULL;
}

void aet_waiters_begin(enum aet_waiter_kind kind)
{
	begun[kind]++;
}

void aet_waiters_retry(enum aet_waiter_kind kind)
{
	begun[kind]--;
	for (struct aet_waiter *waiter = waiters; waiter; waiter = waiter->next)
		if (waiter->kind == kind)
			waiter->run = begun[kind] + 1;
}

/* The callback may free its waiter, but must remove no other. */
static void answer_range(
	enum aet_waiter_kind kind, uint64_t from, uint64_t to, const struct aet_answer *answer)
{
	struct aet_waiter *next;

	for (struct aet_waiter *waiter = waiters; waiter; waiter = next) {
		aet_waiter_fn *answer_one = waiter->answer;

		next = waiter->next;
		if (waiter->kind != kind || waiter->run < from || waiter->run > to)
			continue;
		aet_waiter_remove(waiter);
		answer_one(waiter, answer);
	}
}

void aet_waiters_answer(enum aet_waiter_kind kind, const struct aet_answer *answer)
{
	answer_range(kind, 0, begun[kind], answer);
}

uint64_t aet_waiters_run(enum aet_waiter_kind kind)
{
	return begun[kind];
}

void aet_waiters_answer_up_to(
	enum aet_waiter_kind kind, uint64_t run, const struct aet_answer *answer)
{
	answer_range(kind, 0, run, answer);
}

void aet_waiters_refuse(enum aet_waiter_kind kind, const struct aet_answer *answer)
{
	answer_range(kind, begun[kind] + 1, UINT64_MAX, answer);
}
