/*
 * An epoll registration is (file, descriptor), epoll(7). While the descriptor holds the
 * placeholder, epoll_ctl cannot reach the registration of the real listener, which would fire for
 * ever if it were left armed. So it is set to no events *before* the placeholder comes, and armed
 * again after the listener is back under the same descriptor. Nothing is allocated: a rollback must
 * not need memory. EPOLLEXCLUSIVE refuses EPOLL_CTL_MOD: those registrations are deleted and added.
 */
#include "listeners/gate.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "core/lib.h"
#include "core/lock.h"
#include "core/options.h"
#include "core/table.h"
#include "sys.h"

#define FIRST_PASSED_FD 3 /* as systemd's LISTEN_FDS, sd_listen_fds(3) */

static void control(const struct aet_watch *watch, int op, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = watch->data};

	/* It may fail: the epoll may be closed, or shared over fork and changed by the other
	 * process. */
	(void)AET_SYS4(epoll_ctl, watch->epfd, op, watch->fd, &event);
}

/* The descriptor takes the other one's file and keeps its own close-on-exec flag. */
static void replace(int number, int by)
{
	long flags = AET_SYS3(fcntl, number, F_GETFD, 0);
	int cloexec = flags > 0 && (flags & FD_CLOEXEC) ? O_CLOEXEC : 0;

	if (by >= 0)
		(void)AET_SYS3(dup3, by, number, cloexec);
}

static void replace_all(const struct aet_socket *sock, int by)
{
	for (int i = 0; i < sock->fd_count; i++)
		replace(sock->fds[i], by);
}

static bool is_watch_of(const struct aet_watch *watch, const struct aet_socket *sock)
{
	return watch->place != AET_PLACE_FREE && watch->socket == sock - aet_sockets &&
		!watch->foreign;
}

static void disarm(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		struct aet_watch *watch = &aet_watches[i];

		if (!is_watch_of(watch, sock) || watch->place != AET_PLACE_REAL)
			continue;
		watch->removed = (watch->events & EPOLLEXCLUSIVE) != 0;
		control(watch, watch->removed ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, 0);
	}
}

void aet_gate_hold(struct aet_socket *sock)
{
	disarm(sock);
	aet_options_read(sock->listen_fd, &sock->options);
	sock->held = true;
	if (sock->datagram) {
		/* Answers go out through the same socket: the descriptor keeps it, hidden from poll
		 * and select, until a thread is seen waiting in recv. */
		AET_WRITE(aet_hidden, aet_hidden + 1);
		return;
	}
	aet_fd_set_nonblocking(sock->placeholder_fd, sock->options.nonblocking);
	replace_all(sock, sock->placeholder_fd);
}

void aet_gate_use_placeholder(struct aet_socket *sock)
{
	/* Some programs register before they bind: so far they watch their own socket. */
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (is_watch_of(&aet_watches[i], sock))
			control(&aet_watches[i], EPOLL_CTL_DEL, 0);
	replace_all(sock, sock->placeholder_fd);
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (is_watch_of(&aet_watches[i], sock))
			control(&aet_watches[i], EPOLL_CTL_ADD, aet_watches[i].events);
}

/* The placeholder's registrations go before its descriptor is replaced: epoll_ctl could not reach
 * them after. */
static void forget_placeholder(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (is_watch_of(&aet_watches[i], sock) &&
			(aet_watches[i].place == AET_PLACE_PLACEHOLDER || aet_watches[i].again))
			control(&aet_watches[i], EPOLL_CTL_DEL, 0);
}

static void arm_one(struct aet_watch *watch)
{
	bool anew = watch->place == AET_PLACE_PLACEHOLDER || watch->removed;

	/* EPOLL_CTL_MOD cannot do what the program did meanwhile. */
	if (watch->gone || watch->again || (!anew && (watch->events & EPOLLEXCLUSIVE))) {
		control(watch, EPOLL_CTL_DEL, 0);
		anew = true;
	}
	watch->again = watch->removed = false;
	watch->place = watch->gone ? AET_PLACE_FREE : AET_PLACE_REAL;
	if (!watch->gone)
		control(watch, anew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watch->events);
}

static void arm(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (is_watch_of(&aet_watches[i], sock))
			arm_one(&aet_watches[i]);
}

/* Takes the options that the program set on its own socket, and O_NONBLOCK from the placeholder. */
static void adopt_options(struct aet_socket *sock)
{
	int flags_from = sock->placeholder_fd;

	if (sock->datagram)
		flags_from = sock->orig_fd;
	aet_options_read(sock->orig_fd, &sock->options);
	sock->options.nonblocking = aet_fd_is_nonblocking(flags_from);
	aet_fd_unhide_close(&sock->orig_fd);
}

void aet_gate_serve(struct aet_socket *sock)
{
	if (sock->orig_fd >= 0)
		adopt_options(sock);
	else if (!sock->datagram)
		sock->options.nonblocking = aet_fd_is_nonblocking(sock->placeholder_fd);
	if (sock->options.known)
		aet_options_write(sock->listen_fd, &sock->options);
	else
		aet_fd_set_nonblocking(sock->listen_fd, sock->options.nonblocking);

	forget_placeholder(sock);
	replace_all(sock, sock->listen_fd);
	arm(sock);
	if (sock->datagram && sock->held)
		AET_WRITE(aet_hidden, aet_hidden - 1);
	sock->held = false;
	sock->blocked = false;
}

bool aet_gate_is_shut(const struct aet_socket *sock)
{
	if (!sock->held)
		return false;
	if (!sock->datagram || sock->orig_fd >= 0 || sock->blocked)
		return true;
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (is_watch_of(&aet_watches[i], sock))
			return true;
	return sock->polled;
}

bool aet_gate_wants_recv(long number, int fd)
{
	const struct aet_socket *sock;

	if (number != SYS_recvfrom && number != SYS_recvmsg && number != SYS_recvmmsg &&
		number != SYS_read)
		return false;
	sock = aet_socket_of(fd);
	return sock && sock->datagram && AET_READ(sock->held) && !AET_READ(sock->blocked) &&
		sock->orig_fd < 0;
}

void aet_gate_interrupted_recv(long number, int fd)
{
	struct aet_socket *sock = aet_socket_of(fd);

	if (!aet_gate_wants_recv(number, fd))
		return;
	replace_all(sock, sock->placeholder_fd);
	AET_WRITE(sock->blocked, true); /* after the number is replaced */
	aet_note_reconcile(); /* no look could settle it, and this did */
}

static bool was_passed(int fd)
{
	return fd >= FIRST_PASSED_FD && fd < FIRST_PASSED_FD + aet_lib.inherited_fds;
}

void aet_gate_seal_passed(int fd)
{
	if (was_passed(fd))
		(void)AET_SYS3(fcntl, fd, F_SETFD, FD_CLOEXEC);
}

void aet_gate_seal_unclaimed(void)
{
	for (int fd = FIRST_PASSED_FD; was_passed(fd); fd++)
		if (aet_mark(fd) == AET_MARK_UNCLAIMED)
			aet_gate_seal_passed(fd);
}

void aet_gate_close_inherited(void)
{
	bool adopted = false;

	if (aet_lib.inherited_fds == 0)
		return;
	for (int i = 0; i < AET_SOCKETS_MAX; i++)
		adopted = adopted || aet_sockets[i].adopted;
	if (!adopted)
		return;
	for (int fd = FIRST_PASSED_FD; was_passed(fd); fd++) {
		if (aet_mark(fd) != AET_MARK_UNCLAIMED)
			continue;
		aet_mark_set(fd, AET_MARK_NONE);
		(void)AET_SYS1(close, fd);
	}
	aet_lib.inherited_fds = 0;
}
