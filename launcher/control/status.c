#include "control/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "swap/drain.h"
#include "listen/listener.h"
#include "process/member.h"
#include "listen/sockets.h"
#include "state/state.h"
#include "service/service.h"
#include "swap/swap.h"

static const char *state_now(void)
{
	if (aet_service.stopping)
		return "stopping";
	switch (aet_swap.state) {
	case AET_SWAP_SERVE:
	case AET_SWAP_PROOF:
	case AET_SWAP_PROBATION:
		return "running";
	case AET_SWAP_START:
	case AET_SWAP_RESTORE:
	case AET_SWAP_DOWN:
		return "starting";
	default:
		return "swapping";
	}
}

static const char *mechanism_now(void)
{
	return aet_service.config->mechanism == AET_MECHANISM_PIPE ? "pipe" : "shm";
}

/* A JSON string with everything escaped that has to be. */
static void print_string(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)fprintf(out, "\\u%04x", c);
		else
			(void)fputc(c, out);
	}
	(void)fputc('"', out);
}

static void print_ms(FILE *out, const char *key, double value)
{
	if (value < 0)
		(void)fprintf(out, "\"%s\": null, ", key);
	else
		(void)fprintf(out, "\"%s\": %.1f, ", key, value);
}

/* It served once: a candidate that is being killed has nothing to drain. */
static bool is_draining(const struct aet_generation *generation)
{
	return generation->state >= AET_GENERATION_DRAINING && generation->was_ready &&
		generation != aet_swap.serving;
}

/* The connections of this moment, those of replaced generations counted anew. */
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

static void print_listeners(FILE *out)
{
	char address[AET_ADDRESS_TEXT];
	int count = 0;

	(void)fprintf(out, "\"listeners\": [");
	AET_FOREACH_LISTENER(l) {
		(void)aet_address_format(&l->address, address, sizeof(address));
		(void)fprintf(out, "%s{\"address\": ", count ? ", " : "");
		print_string(out, address);
		(void)fprintf(out, ", \"fd\": %d}", 3 + count);
		count++;
	}
	(void)fprintf(out, "],\n ");
}

/* Requests that any process of any generation has read and not answered to the end. */
static unsigned in_flight(void)
{
	unsigned count = 0;

	AET_FOREACH_GENERATION(g)
		count += aet_members_busy(g->number);
	return count;
}

static void print_connections(FILE *out)
{
	unsigned open;
	unsigned draining;

	if (count_connections(&open, &draining) < 0)
		(void)fprintf(out, "\"connections\": {\"open\": null, ");
	else
		(void)fprintf(out, "\"connections\": {\"open\": %u, ", open);
	(void)fprintf(out, "\"draining\": %u, \"left_behind\": %u, \"in_flight\": %u},\n ",
		draining, aet_swap.stayed, in_flight());
}

static void print_draining(FILE *out)
{
	const char *comma = "";

	(void)fprintf(out, "\"draining\": [");
	AET_FOREACH_GENERATION(g) {
		if (!is_draining(g))
			continue;
		(void)fprintf(out, "%s{\"generation\": %u, \"pid\": %d, \"connections\": %u}",
			comma, g->number, (int)g->pid, g->draining);
		comma = ", ";
	}
	(void)fprintf(out, "],\n ");
}

static void print_last_swap(FILE *out)
{
	const struct aet_last_swap *last = &aet_swap.last;

	if (!last->known) {
		(void)fprintf(out, "\"last_swap\": null}\n");
		return;
	}
	(void)fprintf(out, "\"last_swap\": {\"result\": \"%s\", \"reason\": ",
		last->committed ? "committed" : "rolled_back");
	print_string(out, last->reason);
	(void)fprintf(out, ", \"detail\": ");
	print_string(out, last->detail);
	(void)fprintf(out, ", \"generation\": %u, ", last->generation);
	print_ms(out, "boot_ms", last->boot_ms);
	print_ms(out, "pause_ms", last->pause_ms);
	print_ms(out, "total_ms", last->total_ms);
	(void)fprintf(out,
		"\"state_bytes\": %llu, \"mechanism\": \"%s\", \"connections_moved\": %u, "
		"\"connections_closed\": %u, \"answers_cut\": %u, \"answers_drained\": %u}}\n",
		(unsigned long long)last->state_bytes, mechanism_now(), aet_swap.moved,
		aet_swap.closed, last->answers_cut, last->answers_drained);
}

static void print_json(FILE *out)
{
	(void)fprintf(out, "{\"name\": ");
	print_string(out, aet_service.config->name);
	(void)fprintf(out, ", \"state\": \"%s\", ", state_now());
	if (aet_swap.serving && aet_swap.serving->pid > 0)
		(void)fprintf(out, "\"pid\": %d, ", (int)aet_swap.serving->pid);
	else
		(void)fprintf(out, "\"pid\": null, ");
	(void)fprintf(out, "\"generation\": %u, \"uptime_s\": %.1f, \"launcher_pid\": %d,\n ",
		aet_swap.serving ? aet_swap.serving->number : aet_swap.last_number,
		(double)(aet_now_us() - aet_service.started_us) / 1e6, (int)getpid());
	print_listeners(out);
	print_connections(out);
	print_draining(out);
	(void)fprintf(out, "\"swaps\": {\"committed\": %u, \"rolled_back\": %u},\n ",
		aet_swap.committed, aet_swap.rolled_back);
	if (aet_state_is_snapshot())
		(void)fprintf(out, "\"snapshot\": {\"age_s\": %.1f, \"bytes\": %llu},\n ",
			(double)aet_state_kept_age_us() / 1e6,
			(unsigned long long)aet_state_kept_bytes());
	else
		(void)fprintf(out, "\"snapshot\": null,\n ");
	print_last_swap(out);
}

static void print_text(FILE *out)
{
	const struct aet_last_swap *last = &aet_swap.last;
	char address[AET_ADDRESS_TEXT];
	unsigned open;
	unsigned draining;
	int fd = 3;

	(void)fprintf(out, "%s: %s, generation %u, pid %d, up %.0f s\n", aet_service.config->name,
		state_now(), aet_swap.serving ? aet_swap.serving->number : aet_swap.last_number,
		aet_swap.serving ? (int)aet_swap.serving->pid : 0,
		(double)(aet_now_us() - aet_service.started_us) / 1e6);
	AET_FOREACH_LISTENER(l)
		(void)fprintf(out, "listener: %s (FD %d)\n",
			aet_address_format(&l->address, address, sizeof(address)), fd++);
	if (count_connections(&open, &draining) == 0)
		(void)fprintf(out,
			"connections: %u open, %u of them draining; %u requests in flight\n", open,
			draining, in_flight());
	AET_FOREACH_GENERATION(g)
		if (is_draining(g))
			(void)fprintf(out, "draining: generation %u, pid %d, %u connections\n",
				g->number, (int)g->pid, g->draining);
	(void)fprintf(out, "swaps: %u committed, %u rolled back\n", aet_swap.committed,
		aet_swap.rolled_back);
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
