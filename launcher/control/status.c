#include "control/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "base/json.h"
#include "control/status_merge.h"
#include "control/status_snapshot.h"
#include "swap/drain.h"
#include "listen/listener.h"
#include "process/member.h"
#include "listen/sockets.h"
#include "state/report.h"
#include "service/service.h"
#include "swap/inquire.h"
#include "swap/privacy_report.h"
#include "swap/swap.h"

static const char *state_now(void)
{
	if (aet_service.stopping)
		return "stopping";
	if (aet_swap.is_due)
		return "running"; /* nobody asked for that snapshot */
	switch (aet_swap.state) {
	case AET_SWAP_SERVE:
	case AET_SWAP_COPY:
	case AET_SWAP_PROOF:
	case AET_SWAP_PROBATION:
		return "running";
	case AET_SWAP_START:
	case AET_SWAP_RESTORE:
	case AET_SWAP_DOWN:
		return "starting";
	default:
		return aet_swap.goal == AET_GOAL_NONE && aet_swap.serving ? "running" : "swapping";
	}
}

static const char *mechanism_now(void)
{
	return aet_service.config->mechanism == AET_MECHANISM_PIPE ? "pipe" : "shm";
}

/* A negative value is not known. */
static void add_ms(struct aet_json *json, const char *key, double value)
{
	if (value < 0)
		aet_json_add_null(json, key);
	else
		aet_json_add_double(json, key, value);
}

/* It must have served: a candidate that is being killed has nothing to drain. */
static bool is_draining(const struct aet_generation *generation)
{
	return generation->state >= AET_GENERATION_DRAINING && generation->was_ready &&
		generation != aet_swap.serving;
}

/* Counts the connections of this moment, and again those of replaced generations. */
static int count_connections(unsigned *ret_open, unsigned *ret_draining)
{
	struct aet_inode_set now = {0};
	int result = aet_sockets_read(&now);

	*ret_open = now.count;
	*ret_draining = 0;
	AET_FOREACH_GENERATION(g) {
		if (!is_draining(g))
			continue;
		if (result == 0)
			g->draining = aet_inodes_common(&g->old, &now);
		*ret_draining += g->draining;
	}
	free(now.inodes);
	return result;
}

/* Requests that a process of any generation has read but not completely answered. */
static unsigned in_flight(void)
{
	unsigned count = 0;

	AET_FOREACH_GENERATION(g)
		count += aet_members_busy(g->number);
	return count;
}

static void add_process(struct aet_json *json)
{
	const struct aet_generation *serving = aet_swap.serving;

	aet_json_add_string(json, "name", aet_service.config->name);
	aet_json_add_string(json, "state", state_now());
	if (serving && serving->pid > 0)
		aet_json_add_int64(json, "pid", serving->pid);
	else
		aet_json_add_null(json, "pid");
	aet_json_add_int64(json, "generation", serving ? serving->number : aet_swap.last_number);
	aet_json_add_double(
		json, "uptime_s", (double)(aet_now_us() - aet_service.started_us) / 1e6);
	aet_json_add_int64(json, "launcher_pid", getpid());
}

static void add_listeners(struct aet_json *json)
{
	char address[AET_ADDRESS_TEXT];
	int fd = 3;

	aet_json_key(json, "listeners");
	aet_json_begin_array(json);
	AET_FOREACH_PUBLIC(l) {
		aet_json_begin_object(json);
		aet_json_add_string(
			json, "address", aet_address_format(&l->address, address, sizeof(address)));
		aet_json_add_int64(json, "fd", fd++);
		aet_json_end_object(json);
	}
	aet_json_end_array(json);
}

static void add_connections(struct aet_json *json)
{
	unsigned open;
	unsigned draining;
	int result = count_connections(&open, &draining);

	aet_json_key(json, "connections");
	aet_json_begin_object(json);
	if (result < 0)
		aet_json_add_null(json, "open");
	else
		aet_json_add_int64(json, "open", open);
	aet_json_add_int64(json, "draining", draining);
	aet_json_add_int64(json, "left_behind", aet_swap.stayed);
	aet_json_add_int64(json, "in_flight", in_flight());
	aet_json_end_object(json);
}

static void add_draining(struct aet_json *json)
{
	aet_json_key(json, "draining");
	aet_json_begin_array(json);
	AET_FOREACH_GENERATION(g) {
		if (!is_draining(g))
			continue;
		aet_json_begin_object(json);
		aet_json_add_int64(json, "generation", g->number);
		aet_json_add_int64(json, "pid", g->pid);
		aet_json_add_int64(json, "connections", g->draining);
		aet_json_add_bool(json, "frozen", g->is_frozen);
		aet_json_end_object(json);
	}
	aet_json_end_array(json);
}

static void add_swaps(struct aet_json *json)
{
	aet_json_key(json, "swaps");
	aet_json_begin_object(json);
	aet_json_add_int64(json, "committed", aet_swap.committed);
	aet_json_add_int64(json, "rolled_back", aet_swap.rolled_back);
	aet_json_end_object(json);
}

static void add_state(struct aet_json *json)
{
	aet_json_key(json, "state_sections");
	aet_report_print(json);
}

static void add_last_swap(struct aet_json *json)
{
	const struct aet_last_swap *last = &aet_swap.last;

	if (!last->known) {
		aet_json_add_null(json, "last_swap");
		return;
	}
	aet_json_key(json, "last_swap");
	aet_json_begin_object(json);
	aet_json_add_string(json, "result", last->committed ? "committed" : "rolled_back");
	aet_json_add_string(json, "reason", last->reason);
	aet_json_add_string(json, "detail", last->detail);
	aet_json_add_int64(json, "generation", last->generation);
	add_ms(json, "boot_ms", last->boot_ms);
	add_ms(json, "pause_ms", last->pause_ms);
	add_ms(json, "total_ms", last->total_ms);
	aet_json_add_int64(json, "state_bytes", (int64_t)last->state_bytes);
	aet_json_add_string(json, "mechanism", mechanism_now());
	aet_json_add_int64(json, "connections_moved", aet_swap.moved);
	aet_json_add_int64(json, "connections_closed", aet_swap.closed);
	aet_json_add_int64(json, "answers_cut", last->answers_cut);
	aet_json_add_int64(json, "answers_drained", last->answers_drained);
	aet_json_add_int64(json, "answers_lost", last->answers_lost);
	aet_json_add_int64(json, "connections_lost", last->connections_lost);
	aet_json_end_object(json);
}

static void print_json(FILE *out)
{
	struct aet_json json;

	aet_json_init(&json);
	aet_json_begin_object(&json);
	add_process(&json);
	add_listeners(&json);
	aet_privacy_report_add(&json);
	add_connections(&json);
	add_draining(&json);
	add_swaps(&json);
	aet_status_add_snapshot(&json);
	aet_status_add_merge(&json);
	add_state(&json);
	aet_json_key(&json, "state_warnings");
	aet_inquire_print_json(&json);
	add_last_swap(&json);
	aet_json_end_object(&json);
	(void)aet_json_print(
		&json, out); /* without memory it prints nothing, and aet_status_text() fails */
}

static void print_draining(FILE *out)
{
	AET_FOREACH_GENERATION(g) {
		if (!is_draining(g))
			continue;
		if (g->is_frozen)
			(void)fprintf(out,
				"frozen: generation %u, pid %d, until generation %u has lasted\n",
				g->number, (int)g->pid,
				aet_swap.serving ? aet_swap.serving->number : 0);
		else
			(void)fprintf(out, "draining: generation %u, pid %d, %u connections\n",
				g->number, (int)g->pid, g->draining);
	}
}

static void print_text(FILE *out)
{
	const struct aet_last_swap *last = &aet_swap.last;
	char address[AET_ADDRESS_TEXT];
	char pending[1024];
	unsigned open;
	unsigned draining;
	int fd = 3;

	(void)fprintf(out, "%s: %s, generation %u, pid %d, up %.0f s\n", aet_service.config->name,
		state_now(), aet_swap.serving ? aet_swap.serving->number : aet_swap.last_number,
		aet_swap.serving ? (int)aet_swap.serving->pid : 0,
		(double)(aet_now_us() - aet_service.started_us) / 1e6);
	AET_FOREACH_PUBLIC(l)
		(void)fprintf(out, "listener: %s (FD %d)\n",
			aet_address_format(&l->address, address, sizeof(address)), fd++);
	aet_privacy_report_print(out);
	if (count_connections(&open, &draining) == 0)
		(void)fprintf(out,
			"connections: %u open, %u of them draining; %u requests in flight\n", open,
			draining, in_flight());
	print_draining(out);
	(void)fprintf(out, "swaps: %u committed, %u rolled back\n", aet_swap.committed,
		aet_swap.rolled_back);
	aet_status_print_snapshot(out);
	aet_status_print_merge(out);
	aet_report_pending(pending, sizeof(pending));
	if (pending[0])
		(void)fprintf(out, "pending state: %s\n", pending);
	aet_inquire_print(out);
	if (!last->known)
		return;
	if (last->committed)
		(void)fprintf(out,
			"last swap: committed, generation %u, boot %.1f ms, pause %.1f ms, "
			"total %.1f ms; connections: %u moved, %u closed, %u left behind; "
			"answers: %u cut, %u drained\n",
			last->generation, last->boot_ms, last->pause_ms, last->total_ms,
			aet_swap.moved, aet_swap.closed, aet_swap.stayed, last->answers_cut,
			last->answers_drained);
	else
		(void)fprintf(out, "last swap: rolled back, generation %u: %s: %s\n",
			last->generation, last->reason, last->detail);
}

void aet_status_print(FILE *out, bool json)
{
	if (json)
		print_json(out);
	else
		print_text(out);
}
