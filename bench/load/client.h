/*
 * One connection of the load: connect, send a request, read the whole answer, check it. A client of
 * the kind 'new' does that once and ends; a keep-alive client goes on with the next request on the
 * same connection and opens another one only when that connection is gone.
 */
#ifndef AET_LOAD_CLIENT_H
#define AET_LOAD_CLIENT_H

#include "tally.h"
#include "target.h"

struct aet_run;

enum aet_client_state {
	AET_CLIENT_CLOSED, /* no connection; a keep-alive client opens one when it is due */
	AET_CLIENT_QUEUED, /* Unix socket, queue full: connect() again in a moment */
	AET_CLIENT_CONNECTING, /* due: the deadline */
	AET_CLIENT_SENDING,
	AET_CLIENT_WAITING,
	AET_CLIENT_IDLE, /* due: the next request */
};

struct aet_client {
	struct aet_run *run;
	struct aet_target *target;
	enum aet_client_state state;
	enum aet_class class;
	int fd; /* -1 without a connection; closed by the client itself */
	uint16_t port; /* the local one */
	uint64_t scheduled_ns; /* when the request under way should have been sent */
	uint64_t held_ns; /* this process had been held up for so long by then */
	uint64_t next_ns; /* the same of the next one, keep-alive only */
	uint64_t due_ns; /* the order of the heap */
	size_t heap_at;
	size_t sent;
	char *buf; /* only while an answer is on its way */
	size_t len;
	size_t room;
	char payload[32]; /* UDP: what has to come back */
	struct aet_client *next_free; /* the run's list of ended ones */
	uint64_t answers;
	uint64_t connections;
	bool established;
	uint64_t over_ns; /* when the last request was over: it cannot send the next one before */
};

/* Starts the request that was scheduled for 'scheduled_ns'. */
void aet_client_begin(struct aet_client *client, uint64_t scheduled_ns, uint64_t now_ns);

/* The two things that can happen to a client. It may have ended when they return. */
void aet_client_on_event(struct aet_client *client, uint32_t events);
void aet_client_on_due(struct aet_client *client, uint64_t now_ns);

/* Closes the connection and frees the buffer, without counting anything. */
void aet_client_fini(struct aet_client *client);

#endif
