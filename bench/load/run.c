/*
 * The loop. One turn: wait for sockets until the next thing is due, serve what is ready, then do
 * what is due. All that is overdue is done at once, each with the time it was scheduled for, and how
 * late that was is noted: it tells the machine's noise from the server's.
 */
#include "run.h"
#include "clock.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Ports of one source address that are used before another one is taken. */
#define PORTS_PER_SOURCE 25000

volatile sig_atomic_t aet_run_signals;

static void plan_sources(struct aet_target *target, const struct aet_options *options)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&target->address;
	/* A closed connection keeps its port for a minute (TIME_WAIT). */
	double ports = options->keepalive + options->rate * 61;

	if (target->address.ss_family != AF_INET || ntohl(in->sin_addr.s_addr) >> 24 != 127)
		return;
	target->sources = 1 + (unsigned)(ports / PORTS_PER_SOURCE);
	if (target->sources > 200)
		target->sources = 200;
}

int aet_run_init(struct aet_run *run, const struct aet_options *options)
{
	*run = (struct aet_run){.options = options, .seed = options->seed, .epoll_fd = -1};
	for (size_t i = 0; i < options->url_count; i++) {
		if (aet_target_init(&run->targets[i], options->urls[i])) {
			fprintf(stderr, "aeterna-load: bad URL '%s'\n", options->urls[i]);
			return -EINVAL;
		}
		plan_sources(&run->targets[i], options);
	}
	run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (run->epoll_fd < 0)
		return -errno;
	if (!options->keepalive)
		return 0;
	run->keepalive = calloc(options->keepalive, sizeof(*run->keepalive));
	return run->keepalive ? 0 : -ENOMEM;
}

static void plan_next_arrival(struct aet_run *run)
{
	const struct aet_options *options = run->options;
	double place = (double)++run->arrivals;

	if (options->rate <= 0) {
		run->arrival_ns = UINT64_MAX;
		return;
	}
	place += options->jitter * (aet_chance_uniform(&run->seed) - 0.5);
	run->arrival_ns =
		run->tally.started_ns + (uint64_t)(place / options->rate * (double)AET_NS_PER_S);
}

static struct aet_client *take_client(struct aet_run *run)
{
	struct aet_client *client = run->free;

	if (client) {
		run->free = client->next_free;
		memset(client, 0, sizeof(*client));
	} else {
		client = calloc(1, sizeof(*client));
	}
	if (!client)
		return NULL;
	client->run = run;
	client->fd = -1;
	client->class = AET_CLASS_NEW;
	client->target = &run->targets[run->arrivals % run->options->url_count];
	return client;
}

static void arrive(struct aet_run *run, uint64_t now_ns)
{
	struct aet_client *client = take_client(run);
	uint64_t scheduled_ns = run->arrival_ns;

	plan_next_arrival(run);
	if (!client) {
		run->broken = true;
		return;
	}
	if (aet_tally_lateness(&run->tally, now_ns - scheduled_ns))
		run->broken = true;
	aet_client_begin(client, scheduled_ns, now_ns);
}

void aet_run_request_over(struct aet_run *run, struct aet_client *client)
{
	run->in_flight--;
	if (client->class == AET_CLASS_NEW) {
		aet_heap_remove(&run->heap, client);
		client->next_free = run->free;
		run->free = client;
		return;
	}
	if (client->answers && !client->established) {
		client->established = true;
		if (++run->established == run->options->keepalive)
			fputs("established\n", stderr);
	}
	client->over_ns = aet_clock_now();
	/* The next one keeps its place in the schedule, however long this one took. */
	if (client->next_ns <= client->scheduled_ns)
		client->next_ns = client->scheduled_ns +
			(uint64_t)(-log(1 - aet_chance_uniform(&run->seed)) *
				(double)run->options->gap_ns);
	if (aet_heap_set(&run->heap, client, client->next_ns))
		run->broken = true;
}

static int start_keepalive(struct aet_run *run)
{
	const struct aet_options *options = run->options;

	for (unsigned i = 0; i < options->keepalive; i++) {
		struct aet_client *client = &run->keepalive[i];

		client->run = run;
		client->fd = -1;
		client->class = AET_CLASS_KEEPALIVE;
		client->target = &run->targets[i % options->url_count];
		client->next_ns = run->tally.started_ns + options->ramp_ns * i / options->keepalive;
		if (aet_heap_set(&run->heap, client, client->next_ns))
			return -ENOMEM;
	}
	return 0;
}

static uint64_t next_due(const struct aet_run *run)
{
	uint64_t due_ns = run->arrival_ns;

	if (run->heap.count && run->heap.items[0]->due_ns < due_ns)
		due_ns = run->heap.items[0]->due_ns;
	return due_ns;
}

static void do_due(struct aet_run *run)
{
	for (;;) {
		uint64_t now_ns = aet_hold_look(&run->hold);
		struct aet_client *client = run->heap.count ? run->heap.items[0] : NULL;

		if (run->arrival_ns <= now_ns && run->arrival_ns <= run->tally.stop_ns) {
			arrive(run, now_ns);
			continue;
		}
		if (!client || client->due_ns > now_ns)
			return;
		if (client->state == AET_CLIENT_IDLE || client->state == AET_CLIENT_CLOSED) {
			/* After the end it has nothing more to send, and must not hide a deadline. */
			if (client->due_ns > run->tally.stop_ns) {
				aet_heap_remove(&run->heap, client);
				continue;
			}
			if (client->over_ns < client->due_ns &&
				aet_tally_lateness(&run->tally, now_ns - client->due_ns))
				run->broken = true;
		}
		aet_client_on_due(client, now_ns);
	}
}

static int wait_events(struct aet_run *run, struct epoll_event *events, int room)
{
	uint64_t now_ns = aet_clock_now();
	uint64_t due_ns = next_due(run);
	uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	struct timespec timeout;
	sigset_t none;
	int n;

	if (wait_ns > 100 * AET_NS_PER_MS)
		wait_ns = 100 * AET_NS_PER_MS;
	aet_hold_sleep(&run->hold, now_ns + wait_ns);
	timeout.tv_sec = 0;
	timeout.tv_nsec = (long)wait_ns;
	sigemptyset(&none);
	n = epoll_pwait2(run->epoll_fd, events, room, &timeout, &none);
	if (n < 0 && errno == EINTR)
		return 0;
	return n < 0 ? -errno : n;
}

/* True when everything that was scheduled is over. */
static bool is_over(struct aet_run *run)
{
	uint64_t now_ns = aet_clock_now();

	if (aet_run_signals && run->tally.stop_ns > now_ns)
		run->tally.stop_ns = now_ns;
	if (aet_run_signals > 1) {
		run->unfinished = (unsigned)run->in_flight;
		return true;
	}
	return now_ns >= run->tally.stop_ns && !run->in_flight &&
		next_due(run) > run->tally.stop_ns;
}

int aet_run_all(struct aet_run *run)
{
	struct epoll_event events[256];
	int n;

	run->tally.started_ns = aet_clock_now();
	run->tally.stop_ns = run->options->duration_ns
		? run->tally.started_ns + run->options->duration_ns
		: UINT64_MAX;
	if (start_keepalive(run))
		return -ENOMEM;
	plan_next_arrival(run);
	while (!is_over(run) && !run->broken) {
		uint64_t turn_ns;

		n = wait_events(run, events, 256);
		if (n < 0)
			return n;
		turn_ns = aet_hold_look(&run->hold);
		for (int i = 0; i < n; i++) {
			aet_client_on_event(events[i].data.ptr, events[i].events);
			(void)aet_hold_look(&run->hold);
		}
		do_due(run);
		turn_ns = aet_clock_now() - turn_ns;
		if (turn_ns > run->tally.loop_max_ns)
			run->tally.loop_max_ns = turn_ns;
	}
	aet_tally_end(&run->tally,
		run->tally.stop_ns < aet_clock_now() ? run->tally.stop_ns : aet_clock_now());
	return run->broken ? -ENOMEM : 0;
}

void aet_run_fini(struct aet_run *run)
{
	for (unsigned i = 0; run->keepalive && i < run->options->keepalive; i++)
		aet_client_fini(&run->keepalive[i]);
	while (run->free) {
		struct aet_client *client = run->free;

		run->free = client->next_free;
		free(client);
	}
	free(run->keepalive);
	aet_heap_fini(&run->heap);
	aet_tally_fini(&run->tally);
	if (run->epoll_fd >= 0)
		close(run->epoll_fd);
}
