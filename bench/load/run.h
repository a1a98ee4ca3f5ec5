/*
 * A load from its first arrival to its last answer: the schedule, the loop, and all the clients.
 * The schedule is fixed beforehand and never waits for an answer (open loop): what the server or
 * this process delays is counted from the time at which the request should have been sent.
 */
#ifndef AET_LOAD_RUN_H
#define AET_LOAD_RUN_H

#include "client.h"
#include "heap.h"
#include "hold.h"
#include "options.h"

#include <signal.h>

struct aet_run {
	const struct aet_options *options;
	struct aet_target targets[AET_MAX_URLS];
	struct aet_tally tally;
	struct aet_heap heap;
	int epoll_fd;
	struct aet_client *keepalive; /* options->keepalive of them */
	struct aet_client *free; /* ended clients of the kind 'new' */
	uint64_t seed;
	uint64_t arrivals;
	uint64_t arrival_ns; /* the next one */
	uint64_t payload_no; /* UDP: of the last one sent */
	size_t in_flight;
	struct aet_hold hold;
	unsigned established; /* keep-alive clients that have had an answer */
	unsigned unfinished; /* requests abandoned by a second signal */
	bool broken; /* no memory: the numbers would be wrong */
};

extern volatile sig_atomic_t aet_run_signals;

int aet_run_init(struct aet_run *run, const struct aet_options *options);
/* 0, or -errno when the load could not be run to its end. */
int aet_run_all(struct aet_run *run);
void aet_run_fini(struct aet_run *run);

/* For clients: a request is over, its result counted. A 'new' client has ended with this. */
void aet_run_request_over(struct aet_run *run, struct aet_client *client);

#endif
