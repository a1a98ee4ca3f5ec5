#include "entry/reconcile.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "connections/blocked_threads.h"
#include "connections/handoff_queue.h"
#include "connections/hold.h"
#include "connections/migrate_out.h"
#include "connections/shut.h"
#include "connections/stall.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/signals.h"
#include "core/table.h"
#include "listeners/gate.h"
#include "msgio.h"
#include "state/guarded.h"
#include "sys.h"

/* A closed lifeline means that the launcher died: the first process that notices undoes an
 * undecided swap; a decided one stands. */
static void read_lifeline(void)
{
	struct aet_message message;
	int result;

	if (aet_lib.lifeline < 0)
		return;
	do
		result = aet_message_receive(aet_lib.lifeline, &message, MSG_DONTWAIT);
	while (result > 0 || result == -EBADMSG);
	if (result == -EAGAIN)
		return;
	aet_fd_unhide_close(&aet_lib.lifeline);
	if (aet_lib.page)
		(void)aet_page_abort(aet_lib.page);
}

/* Ends a candidate that lost and that nobody else will end: it has no lifeline any more, or
 * never had one because it was forked after the launcher's death. */
static void end_if_lost(enum aet_role role)
{
	if (role == AET_ROLE_ABORTED && aet_lib.lifeline < 0)
		(void)AET_SYS2(kill, aet_lib.owner, SIGKILL);
}

/* Makes every socket and connection follow the role; true when all of them do. */
static bool follow(enum aet_role role)
{
	bool serve = role == AET_ROLE_SERVE;
	bool settled = true;
	bool kick = false; /* threads that wait for a listener */
	bool kick_all = false; /* any of them may wait in recv */

	if (serve)
		aet_guarded_release(); /* before a request can come */

	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];

		if (sock->state != AET_SOCKET_LIVE)
			continue;
		if (sock->held == serve) {
			if (serve)
				aet_gate_serve(sock);
			else
				aet_gate_hold(sock);
			kick = kick || sock->kick;
			kick_all = kick_all || sock->datagram;
		}
		if (!serve && !aet_gate_is_shut(sock)) {
			settled = false;
			kick = true;
			kick_all = kick_all || sock->datagram;
		}
	}
	if (!aet_conns_migrate_out(&kick))
		settled = false;
	if (!aet_conns_shut_rest())
		settled = false;
	if (!aet_conns_hold(role))
		settled = false;
	aet_conns_look_for_stall();
	if (kick_all)
		aet_signals_kick();
	else if (kick)
		aet_blocked_threads_kick();
	return settled;
}

/* Takes connections of other generations from the handoff queues of the listeners that serve
 * here. */
static void take_connections(void)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++)
		if (aet_sockets[i].state == AET_SOCKET_LIVE && !aet_sockets[i].held)
			aet_queue_take(&aet_sockets[i]);
}

static uint64_t told; /* the last word this process reported */

/* Tells the launcher where this process stands, once for each word. */
static void report(uint64_t word, enum aet_role role)
{
	if (word == told)
		return;
	if (role == AET_ROLE_HOLD) {
		struct aet_gated note = {.word = word};

		aet_client_note(&note, AET_MSG_GATED, sizeof(note));
	} else if (role == AET_ROLE_DRAIN) {
		struct aet_followed note = {.word = word};

		aet_client_note(&note, AET_MSG_FOLLOWED, sizeof(note));
	}
	told = word;
}

void aet_reconcile_after_fork(void)
{
	told = 0;
}

void aet_reconcile_locked(void)
{
	uint64_t word;
	bool settled;

	read_lifeline();
	if (!aet_lib.page)
		return;
	do {
		word = atomic_load(&aet_lib.page->word);
		settled = follow(aet_word_role(word, aet_lib.generation));
	} while (word != atomic_load(&aet_lib.page->word));
	end_if_lost(aet_word_role(word, aet_lib.generation));
	if (aet_word_role(word, aet_lib.generation) == AET_ROLE_SERVE) {
		aet_gate_close_inherited();
		take_connections();
	}
	if (settled)
		report(word, aet_word_role(word, aet_lib.generation));
}
