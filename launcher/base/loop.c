#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS_AT_ONCE 32

static int epfd = -1;
static bool running;
static void (*after_callback)(void);
static struct aet_timer *timers;
static void *graves[EVENTS_AT_ONCE * 8];
static unsigned grave_count;

uint64_t aet_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t aet_now_ms(void)
{
	return aet_now_us() / 1000;
}

int aet_loop_init(void)
{
	epfd = epoll_create1(EPOLL_CLOEXEC);
	return epfd < 0 ? -errno : 0;
}

static int add(struct aet_source *source, int fd, uint32_t events, aet_source_fn *ready, void *data)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	source->fd = fd;
	source->ready = ready;
	source->data = data;
	return epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int aet_loop_add(struct aet_source *source, int fd, aet_source_fn *ready, void *data)
{
	return add(source, fd, EPOLLIN, ready, data);
}

int aet_loop_add_writer(struct aet_source *source, int fd, aet_source_fn *ready, void *data)
{
	return add(source, fd, EPOLLOUT, ready, data);
}

void aet_loop_remove(struct aet_source *source)
{
	if (!source->ready)
		return;
	(void)epoll_ctl(epfd, EPOLL_CTL_DEL, source->fd, NULL);
	source->ready = NULL;
}

static void bury(void)
{
	while (grave_count > 0)
		free(graves[--grave_count]);
}

void aet_loop_free_later(struct aet_source *source, void *memory)
{
	aet_loop_remove(source);
	if (grave_count < sizeof(graves) / sizeof(graves[0]))
		graves[grave_count++] = memory;
	/* else: more were removed in one round than can have events in it: a leak of a few bytes
	 * is the safe side */
}

void aet_timer_stop(struct aet_timer *timer)
{
	if (!timer->armed)
		return;
	for (struct aet_timer **at = &timers; *at; at = &(*at)->next) {
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	}
	timer->armed = false;
}

void aet_timer_start(struct aet_timer *timer, uint64_t in_ms, aet_timer_fn *fire, void *data)
{
	aet_timer_stop(timer);
	timer->due_ms = aet_now_ms() + in_ms;
	timer->fire = fire;
	timer->data = data;
	timer->armed = true;
	timer->next = timers;
	timers = timer;
}

static int time_to_next(void)
{
	uint64_t now = aet_now_ms();
	uint64_t least = UINT64_MAX;

	for (struct aet_timer *timer = timers; timer; timer = timer->next)
		if (timer->due_ms < least)
			least = timer->due_ms;
	if (least == UINT64_MAX)
		return -1;
	if (least <= now)
		return 0;
	return least - now > 60000 ? 60000 : (int)(least - now);
}

void aet_loop_set_after(void (*after)(void))
{
	after_callback = after;
}

static void call_after(void)
{
	if (after_callback)
		after_callback();
}

static void fire_timers(void)
{
	uint64_t now = aet_now_ms();
	struct aet_timer *timer = timers;

	while (timer) {
		if (timer->due_ms <= now) {
			aet_timer_stop(timer);
			timer->fire(timer);
			call_after();
			timer = timers; /* the callback may have changed the list */
		} else {
			timer = timer->next;
		}
	}
}

void aet_loop_run(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	running = true;
	while (running) {
		int count = epoll_wait(epfd, events, EVENTS_AT_ONCE, time_to_next());

		for (int i = 0; i < count && running; i++) {
			struct aet_source *source = events[i].data.ptr;

			if (!source->ready)
				continue;
			source->ready(source, events[i].events);
			call_after();
		}
		bury();
		if (running)
			fire_timers();
		bury();
	}
}

void aet_loop_stop(void)
{
	running = false;
}
