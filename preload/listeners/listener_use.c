#include "listeners/listener_use.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "connections/handoff_queue.h"
#include "connections/handoff_room.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/options.h"
#include "core/signals.h"
#include "core/table.h"
#include "core/upcalls.h"
#include "listeners/adopt.h"
#include "listeners/gate.h"
#include "sys.h"

void aet_listener_use(int fd, enum aet_use use)
{
	struct aet_interest note = {0};
	struct aet_socket *sock;
	bool first = false;
	uint64_t mask;

	if (!aet_is_owner())
		return;
	if (aet_mark(fd) == AET_MARK_UNCLAIMED)
		aet_adopt_claim(fd);
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock && sock->state == AET_SOCKET_LIVE) {
		first = !sock->wanted;
		if (use == AET_USE_POLL)
			sock->polled = true;
		if (use == AET_USE_POLL || (use == AET_USE_ACCEPT && !aet_fd_is_nonblocking(fd)))
			sock->kick = true;
		if (first && aet_client_join() == 0) {
			aet_room_expect(sock);
			note.listener = sock->listener;
			aet_client_note(&note, AET_MSG_INTEREST, sizeof(note));
		}
		if (first) {
			aet_socket_mark(sock, true);
			aet_note_reconcile();
		}
	}
	aet_unlock(&mask);
	if (first && aet_upcalls.on_wanted)
		aet_upcalls.on_wanted();
}

void aet_listener_shut(struct aet_socket *sock)
{
	struct aet_withdraw note = {.listener = sock->listener};
	int dead;

	aet_queue_return(sock);
	if (!sock->held)
		aet_gate_hold(sock);
	/* This process needs a placeholder of its own: the generation's is shared over fork. */
	dead = (int)AET_SYS3(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (dead >= 0) {
		struct sockaddr_un any = {.sun_family = AF_UNIX};

		(void)AET_SYS3(bind, dead, &any, sizeof(any.sun_family));
		(void)AET_SYS2(listen, dead, 1);
		aet_fd_set_nonblocking(dead, sock->options.nonblocking);
		(void)AET_SYS2(shutdown, dead, SHUT_RDWR);
		for (int i = 0; i < sock->fd_count; i++)
			(void)AET_SYS3(dup3, dead, sock->fds[i], O_CLOEXEC);
		(void)AET_SYS1(close, dead);
	}
	aet_client_note(&note, AET_MSG_WITHDRAW, sizeof(note));
	aet_socket_mark(sock, true);
	sock->state = AET_SOCKET_BOUND; /* neither gate nor release touch it any more */
	if (aet_lib.signal)
		aet_signals_kick();
}
