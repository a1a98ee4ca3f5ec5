#include "swap/handoff_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "address.h"
#include "fd.h"
#include "aeterna/wire.h"
#include "process/generation.h"
#include "listen/group.h"
#include "listen/listener.h"
#include "base/log.h"
#include "process/member.h"
#include "process/proc_fds.h"
#include "service/service.h"
#include "swap/swap.h"
#include "util.h"

#define QUEUE_BYTES  (16 << 20) /* asked for; without privilege the kernel's limit counts */
#define WAKE_MS      4 /* both sides look again: one gives a few more, the other takes them */
#define LAST_MS      40 /* after the last connection moved */
#define SLOW_MS      100 /* when nothing has moved for a while: the other side has no room for them */
#define WAITING_MS   2000 /* after the last connection moved: the log says so */
#define TRIAL_MS     500 /* so long the others wait for the one that goes ahead */
#define TRIAL_TICK   2
#define EMPTY_LOOKS  500 /* with empty queues: the rest waits in a process, or died with it */
#define SO_SNDBUF_UP 32 /* SO_SNDBUFFORCE */

static struct aet_timer wake_timer;
static struct aet_timer trial_timer;
static uint64_t trial_end_ms;
static uint64_t last_moved_ms;

/* The members of a group have one queue: the next generation may have fewer of them. */
static void share_queue(struct aet_listener *listener)
{
	AET_FOREACH_LISTENER(l) {
		if (l->queue[0] < 0 || !aet_group_is_one(l, listener))
			continue;
		listener->queue[0] = fcntl(l->queue[0], F_DUPFD_CLOEXEC, 0);
		listener->queue[1] = fcntl(l->queue[1], F_DUPFD_CLOEXEC, 0);
		if (listener->queue[0] >= 0 && listener->queue[1] >= 0)
			return;
		aet_fd_close(&listener->queue[0]);
		aet_fd_close(&listener->queue[1]);
	}
}

int aet_queue_ends(struct aet_listener *listener, int *ret_give, int *ret_take)
{
	int bytes = QUEUE_BYTES;

	if (listener->queue[0] < 0)
		share_queue(listener);
	if (listener->queue[0] < 0) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
			return -errno;
		if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF_UP, &bytes, sizeof(bytes)) < 0)
			(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
		listener->queue[0] = ends[0];
		listener->queue[1] = ends[1];
	}
	*ret_give = listener->queue[0];
	*ret_take = listener->queue[1];
	return 0;
}

static uint32_t mode_of(const struct aet_config *config)
{
	switch (config->connections) {
	case AET_CONNECTIONS_MIGRATE:
		return AET_PAGE_MIGRATE;
	case AET_CONNECTIONS_CLOSE:
		return AET_PAGE_CLOSE;
	case AET_CONNECTIONS_DRAIN:
	default:
		return AET_PAGE_DRAIN;
	}
}

void aet_queue_expect(void)
{
	atomic_store(&aet_service.page->expected, aet_proc_fds_count(aet_swap.serving));
}

static void end_trial(void)
{
	aet_timer_stop(&trial_timer);
	atomic_store(&aet_service.page->trial, aet_trial_word(AET_TRIAL_OVER, 0));
}

/* What was spoken on a listener that is gone says nothing of the next one with its number. */
static void forget_spoken(void)
{
	uint64_t kept = 0;

	AET_FOREACH_LISTENER(l)
		kept |= 1ull << aet_listener_id(l);
	atomic_fetch_and(&aet_service.page->spoke_http, kept);
	atomic_fetch_and(&aet_service.page->spoke_first, kept);
}

/* Another member of its group takes what comes through the queue that they share. */
static bool has_taker(const struct aet_listener *listener, uint32_t generation)
{
	AET_FOREACH_LISTENER(l)
		if (l->adopted == generation && l->withdrawn != generation &&
			(l == listener || aet_group_is_one(l, listener)))
			return true;
	return false;
}

void aet_queue_open_to(const struct aet_generation *generation, bool is_commit)
{
	const struct aet_config *config =
		is_commit && aet_swap.next_config ? aet_swap.next_config : aet_service.config;
	static uint32_t opened_to;
	uint64_t takers = 0;
	uint64_t roomless = 0;

	if (opened_to != generation->number)
		end_trial();
	opened_to = generation->number;
	forget_spoken();
	AET_FOREACH_PUBLIC(l) {
		if (!generation->follows || !has_taker(l, generation->number))
			continue;
		if (l->roomless == generation->number)
			roomless |= 1ull << aet_listener_id(l);
		else
			takers |= 1ull << aet_listener_id(l);
	}
	atomic_store(&aet_service.page->roomless, roomless);
	atomic_store(&aet_service.page->takers, takers);
	atomic_store(&aet_service.page->connections, mode_of(config));
}

static bool holds_any(void)
{
	AET_FOREACH_LISTENER(l) {
		struct pollfd take = {.fd = l->queue[1], .events = POLLIN};

		if (l->queue[1] >= 0 && poll(&take, 1, 0) > 0)
			return true;
	}
	return false;
}

/* Their clients wait, too: for as long as the new generation is at its limit of descriptors. */
static void tell_waiting(void)
{
	static uint64_t told_ms; /* when the last one moved before it was told */
	uint32_t queued = atomic_load(&aet_service.page->queued);

	if (queued == 0 || told_ms == last_moved_ms || aet_now_ms() < last_moved_ms + WAITING_MS)
		return;
	told_ms = last_moved_ms;
	aet_log_warning("%u connections wait for generation %u: its processes are busy, or have "
			"reached their limit of open files",
		queued, aet_swap.serving->number);
}

/* Until nothing is on its way any more. What a process took and then died with is forgotten. */
static void wake_takers(struct aet_timer *timer)
{
	static unsigned empty_looks;

	empty_looks = holds_any() ? 0 : empty_looks + 1;
	if (empty_looks > EMPTY_LOOKS)
		atomic_store(&aet_service.page->queued, 0);
	if (!aet_swap.serving ||
		(atomic_load(&aet_service.page->queued) == 0 &&
			aet_now_ms() > last_moved_ms + LAST_MS)) {
		empty_looks = 0;
		return;
	}
	tell_waiting();
	aet_members_wake(aet_swap.serving->number);
	AET_FOREACH_GENERATION(g)
		if (g->state == AET_GENERATION_DRAINING && g->follows)
			aet_members_wake(g->number);
	aet_timer_start(timer, aet_now_ms() > last_moved_ms + 10 * LAST_MS ? SLOW_MS : WAKE_MS,
		wake_takers, NULL);
}

void aet_queue_wake(void)
{
	if (!wake_timer.armed)
		wake_takers(&wake_timer);
}

static void look_at_trial(struct aet_timer *timer)
{
	bool proven = aet_swap.serving && aet_members_answered(aet_swap.serving->number) > 0;

	if (aet_trial_of(atomic_load(&aet_service.page->trial)) != AET_TRIAL_OVER && !proven &&
		aet_now_ms() < trial_end_ms) {
		aet_timer_start(timer, TRIAL_TICK, look_at_trial, NULL);
		return;
	}
	end_trial();
	last_moved_ms = aet_now_ms(); /* both sides look at once */
	aet_queue_wake();
}

/* What is still here at drain_timeout is closed. */
static uint64_t trial_ms(void)
{
	return AET_MIN((uint64_t)TRIAL_MS, (uint64_t)aet_swap_config()->drain_timeout_ms / 2);
}

void aet_queue_begin_trial(void)
{
	if (aet_swap.hands_over || !aet_swap.serving->follows || !aet_swap.candidate->follows ||
		atomic_load(&aet_service.page->connections) != AET_PAGE_MIGRATE ||
		atomic_load(&aet_service.page->takers) == 0)
		return;
	trial_end_ms = aet_now_ms() + trial_ms();
	atomic_store(&aet_service.page->trial, aet_trial_word(AET_TRIAL_WANTED, 0));
	aet_timer_start(&trial_timer, TRIAL_TICK, look_at_trial, NULL);
}

void aet_queue_moved(const struct aet_member *member, const struct aet_moved *note)
{
	struct aet_generation *old = aet_generation_get(member->generation);
	unsigned count = note->count <= AET_QUEUE_BATCH ? note->count : AET_QUEUE_BATCH;

	if (note->closed)
		aet_swap.closed += count;
	else
		aet_swap.moved += count;
	if (old)
		aet_inodes_remove(&old->old, note->inodes, count);
	last_moved_ms = aet_now_ms();
	aet_queue_wake();
}

void aet_queue_stayed(const struct aet_member *member, uint32_t listener, uint32_t count)
{
	struct aet_listener *of = aet_listener_get(listener);
	char address[AET_ADDRESS_TEXT] = "a listener";

	if (of)
		(void)aet_address_format(&of->address, address, sizeof(address));
	if (count == 0) {
		if (of && of->roomless != member->generation)
			aet_log_warning("generation %u may open too few files to take over the "
					"connections of %s",
				member->generation, address);
		if (of)
			of->roomless = member->generation;
		return;
	}
	aet_swap.stayed += count;
	aet_log_warning(
		"%u connections of %s stay with generation %u and drain: no room on the way", count,
		address, member->generation);
}
