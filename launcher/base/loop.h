/*
 * The event loop of the launcher's one thread: descriptors and timers. A callback may add and
 * remove any source and timer, its own included.
 */
#ifndef AET_LOOP_H
#define AET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct aet_source;
typedef void aet_source_fn(struct aet_source *source, uint32_t events);

/* Embedded in its owner, which closes the descriptor. */
struct aet_source {
	int fd;
	aet_source_fn *ready;
	void *data;
};

struct aet_timer;
typedef void aet_timer_fn(struct aet_timer *timer);

struct aet_timer {
	bool armed;
	uint64_t due_ms;
	aet_timer_fn *fire;
	void *data;
	struct aet_timer *next; /* loop.c: timers */
};

int aet_loop_init(void);

/* Watches source->fd for reading; 0 or -errno. */
int aet_loop_add(struct aet_source *source, int fd, aet_source_fn *ready, void *data);

/* The same for writing. */
int aet_loop_add_writer(struct aet_source *source, int fd, aet_source_fn *ready, void *data);

/* Stops watching; the descriptor stays open. To free the source, pass it to
 * aet_loop_free_later(). */
void aet_loop_remove(struct aet_source *source);

/* Frees memory after the loop has dispatched the current events, some of which may still point to
 * the source. */
void aet_loop_free_later(struct aet_source *source, void *memory);

void aet_timer_start(struct aet_timer *timer, uint64_t in_ms, aet_timer_fn *fire, void *data);
void aet_timer_stop(struct aet_timer *timer);

/* Called after every callback of a source or a timer. */
void aet_loop_set_after(void (*after)(void));

/* Runs until aet_loop_stop(). */
void aet_loop_run(void);
void aet_loop_stop(void);

/* CLOCK_MONOTONIC. */
uint64_t aet_now_ms(void);
uint64_t aet_now_us(void);

#endif
