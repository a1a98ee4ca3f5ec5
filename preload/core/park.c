#include "core/park.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "core/lib.h"
#include "core/signals.h"
#include "core/thread_mask.h"
#include "core/threads.h"
#include "sys.h"
#include "util.h"

#define PLACES    32768 /* threads that can be told apart; pages nobody needs are never touched */
#define TRIES     64
#define LIMIT_NS  500000000 /* in a call that cannot be interrupted: a vfork(2), a slow disk */
#define BLOCKS_NS 100000000 /* a thread that begins blocks all signals for a moment */
#define LOOK_NS   1000000
#define WATCH_NS  200000
#define SECOND_NS 1000000000ll

enum { GO_ON, STAY, STAY_TENTATIVELY };

static _Atomic uint32_t parks;
static _Atomic bool is_watched; /* one of them looks whether the main thread waits */
static _Atomic bool is_whole; /* all stand still */
static _Atomic int places[PLACES]; /* ids of those that stand still */
static _Atomic uint32_t standing; /* how many there are */
static int gatherer; /* the main thread: the numbers of the others follow its own */
static _Atomic uint32_t wanted; /* at so many the main thread is woken */

static __thread bool is_held __attribute__((tls_model("initial-exec")));
static __thread int64_t parked_ns __attribute__((tls_model("initial-exec")));

static int64_t now_ns(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static _Atomic int *place(int thread_id, int number)
{
	return &places[(unsigned)(thread_id + number) % PLACES];
}

/* Changes the place that has the first number to the second one. */
static bool change(int thread_id, int from, int to)
{
	for (int i = 0; i < TRIES; i++) {
		int there = from;

		if (atomic_compare_exchange_strong(place(thread_id, i), &there, to))
			return true;
	}
	return false;
}

static bool stands(int thread_id)
{
	for (int i = 0; i < TRIES; i++)
		if (atomic_load(place(thread_id, i)) == thread_id)
			return true;
	return false;
}

static void enter(int thread_id)
{
	(void)change(thread_id, 0, thread_id);
	if (atomic_fetch_add(&standing, 1) + 1 == atomic_load(&wanted))
		(void)AET_SYS3(futex, &standing, FUTEX_WAKE_PRIVATE, 1);
}

static void leave(int thread_id)
{
	atomic_fetch_sub(&standing, 1);
	(void)change(thread_id, thread_id, 0);
}

void aet_park_hold(void)
{
	is_held = true;
	enter((int)AET_SYS0(gettid));
}

void aet_park_release(void)
{
	leave((int)AET_SYS0(gettid));
	is_held = false;
}

static void go_on(void)
{
	(void)AET_SYS3(futex, &parks, FUTEX_WAKE_PRIVATE, INT_MAX);
}

/*
 * Of the threads that stand still tentatively one watches the main thread: where that one sleeps, it
 * waits for a lock, which one of us has. A copy of a large memory takes as long, and never sleeps.
 */
static void watch_main(void)
{
	struct timespec limit = {0, WATCH_NS};
	uint32_t how = STAY_TENTATIVELY;
	int asleep = 0;

	while (asleep < 2 && atomic_load(&parks) == STAY_TENTATIVELY) {
		(void)AET_SYS4(futex, &parks, FUTEX_WAIT_PRIVATE, STAY_TENTATIVELY, &limit);
		asleep =
			atomic_load(&is_whole) && aet_thread_sleeps(aet_lib.owner) ? asleep + 1 : 0;
	}
	if (asleep >= 2 && atomic_compare_exchange_strong(&parks, &how, GO_ON))
		go_on();
	atomic_store(&is_watched, false);
}

/* No time limit: the main thread alone knows how long, and ends with the process. */
static void park(int thread_id)
{
	int64_t since = now_ns();
	uint32_t how;

	enter(thread_id);
	while ((how = atomic_load(&parks)) != GO_ON)
		if (how == STAY || atomic_exchange(&is_watched, true))
			(void)AET_SYS4(futex, &parks, FUTEX_WAIT_PRIVATE, how, NULL);
		else
			watch_main();
	leave(thread_id);
	parked_ns += now_ns() - since;
}

void aet_park_in_handler(void)
{
	int thread_id;

	if (AET_LIKELY(!atomic_load(&parks)) || is_held)
		return;
	thread_id = (int)AET_SYS0(gettid);
	if (thread_id != aet_lib.owner)
		park(thread_id);
}

int64_t aet_park_take_ns(void)
{
	int64_t taken = parked_ns;

	parked_ns = 0;
	return taken;
}

void aet_park_end(void)
{
	if (atomic_exchange(&parks, GO_ON) != GO_ON)
		go_on();
}

void aet_park_after_fork(void)
{
	uint32_t left = atomic_load(&standing);

	atomic_store(&parks, GO_ON);
	atomic_store(&is_watched, false);
	for (int i = 0; left > 0 && i < PLACES; i++)
		if (atomic_load(place(gatherer, i))) {
			atomic_store(place(gatherer, i), 0);
			left--;
		}
	atomic_store(&standing, 0);
	is_held = false;
}

struct look {
	struct aet_unparked *first;
	uint32_t others;
	uint32_t running;
	bool is_late; /* they were interrupted some time ago */
};

/* A worker of the kernel's own (io_uring) is listed as well: it runs nothing of the program's. */
static bool is_kernels(int thread_id)
{
	static const char prefix[] = "iou-";
	char name[AET_THREAD_NAME];

	aet_thread_name(thread_id, name);
	for (unsigned i = 0; i < sizeof(prefix) - 1; i++)
		if (name[i] != prefix[i])
			return false;
	return true;
}

static void look_at(int thread_id, void *data)
{
	struct look *look = data;

	if (thread_id == aet_lib.owner)
		return;
	look->others++;
	if (stands(thread_id))
		return;
	if (aet_signals_kick_thread(thread_id) == -ESRCH ||
		(look->is_late && is_kernels(thread_id))) {
		look->others--;
		return;
	}
	if (look->running++ == 0)
		look->first->thread_id = thread_id;
}

static void await(uint32_t others)
{
	struct timespec limit = {0, LOOK_NS};
	uint32_t now;

	atomic_store(&wanted, others);
	now = atomic_load(&standing);
	if (now < others)
		(void)AET_SYS4(futex, &standing, FUTEX_WAIT_PRIVATE, now, &limit);
	atomic_store(&wanted, 0);
}

/* It will not come: not one that runs, for it may have begun just now and wait for a processor, nor
 * one that came after the look, for the handler has all signals blocked. */
static bool blocks(const struct aet_unparked *thread, bool is_last_look)
{
	return thread->thread_id && !aet_thread_mask_lets(thread->thread_id, aet_lib.signal) &&
		(is_last_look || aet_thread_sleeps(thread->thread_id)) &&
		!stands(thread->thread_id);
}

/* Once more after the last signal: a thread may have begun another one before it parked. */
static int gather(struct aet_unparked *ret, uint32_t how)
{
	int64_t begin = now_ns();
	int64_t waited;
	struct look look;

	*ret = (struct aet_unparked){0};
	gatherer = aet_lib.owner;
	atomic_store(&parks, how);
	do {
		waited = now_ns() - begin;
		look = (struct look){.first = ret, .is_late = waited > LOOK_NS};
		if (!aet_threads_visit(look_at, &look)) {
			if (aet_thread_is_alone())
				return 0;
			break;
		}
		if (look.running == 0)
			return 0;
		await(look.others);
		ret->blocks = waited > BLOCKS_NS && blocks(ret, waited >= LIMIT_NS);
	} while (waited < LIMIT_NS && !ret->blocks);
	aet_park_end();
	return -EBUSY;
}

int aet_park_others(struct aet_unparked *ret)
{
	int result = gather(ret, STAY);

	atomic_store(&is_whole, result == 0);
	return result;
}

int aet_park_tentatively(struct aet_unparked *ret)
{
	int result;

	atomic_store(&is_whole, false);
	result = gather(ret, STAY_TENTATIVELY);
	atomic_store(&is_whole, result == 0);
	return result;
}

/* The watcher goes to sleep like the others at its next look. */
bool aet_park_confirm(void)
{
	uint32_t how = STAY_TENTATIVELY;

	return atomic_compare_exchange_strong(&parks, &how, STAY);
}

bool aet_park_is_whole(void)
{
	return AET_UNLIKELY(atomic_load(&parks) == STAY) && atomic_load(&is_whole);
}
