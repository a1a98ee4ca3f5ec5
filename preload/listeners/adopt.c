#include "listeners/adopt.h"

#include <errno.h>
#include <fcntl.h>

#include "address.h"
#include "core/client.h"
#include "core/identity.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/options.h"
#include "core/table.h"
#include "listeners/early_watches.h"
#include "listeners/gate.h"
#include "listeners/own_name.h"
#include "msgio.h"
#include "sys.h"

static void hide_fd(struct aet_message *reply, int i, int *ret_fd)
{
	int fd = aet_message_take_fd(reply, i);
	int hidden;

	if (fd < 0)
		return;
	hidden = aet_fd_hide(fd, true);
	if (hidden < 0)
		(void)AET_SYS1(close, fd);
	else
		*ret_fd = hidden;
}

/* Where a reply carries the two descriptors that every answer has. */
struct order {
	int listen_fd;
	int placeholder_fd;
};

/* Fills a socket for fd from the launcher's answer; its listen() is still to come. NULL: the table
 * is full, or a descriptor is missing. */
static struct aet_socket *fill_socket(int fd, struct aet_message *reply, uint32_t listener,
	const struct aet_address *address, struct order at)
{
	struct aet_socket *sock = aet_socket_new();

	if (!sock)
		return NULL;
	hide_fd(reply, at.listen_fd, &sock->listen_fd);
	hide_fd(reply, at.placeholder_fd, &sock->placeholder_fd);
	hide_fd(reply, 2, &sock->queue_give);
	hide_fd(reply, 3, &sock->queue_take);
	sock->listener = listener;
	sock->address = *address;
	sock->datagram = address->type == SOCK_DGRAM;
	sock->state = AET_SOCKET_BOUND;
	if (sock->listen_fd < 0 || sock->placeholder_fd < 0 || !aet_socket_add_fd(sock, fd)) {
		aet_socket_free(sock);
		return NULL;
	}
	return sock;
}

/* The launcher answered ADOPT. The program's own socket stays under fd until listen(), so that the
 * options set in between are its own. */
static bool begin_adoption(int fd, struct aet_message *reply)
{
	const struct aet_bind_reply *answer =
		AET_MESSAGE_BODY(reply, AET_MSG_BIND | AET_WIRE_REPLY, aet_bind_reply);
	struct aet_socket *sock = fill_socket(fd, reply, answer->listener, &answer->address,
		(struct order){.listen_fd = 0, .placeholder_fd = 1});

	if (!sock)
		return false;
	sock->adopted = true;
	return true;
}

static void report_adopted(const struct aet_socket *sock)
{
	struct aet_adopted note = {.listener = sock->listener, .backlog = sock->backlog};

	aet_client_note(&note, AET_MSG_ADOPTED, sizeof(note));
}

/* A bound datagram socket is in use from here on. The socket that the program made is the
 * placeholder. */
static void go_live_datagram(struct aet_socket *sock, int fd)
{
	int own = aet_fd_hide(fd, false);

	sock->watched_early = aet_early_watches_find(sock, fd);
	if (own >= 0)
		sock->orig_fd = own;
	sock->state = AET_SOCKET_LIVE;
	sock->held = true;
	sock->kick = true;
	AET_WRITE(aet_hidden, aet_hidden + 1);
	if (aet_client_join() < 0 || aet_role() == AET_ROLE_SERVE)
		aet_gate_serve(sock);
	aet_gate_seal_unclaimed();
	report_adopted(sock);
	aet_note_reconcile();
}

static bool ask_bind(int fd, struct aet_bind *request)
{
	struct aet_message reply;
	bool adopted = false;
	uint32_t verdict;

	request->cookie = aet_identity_cookie(fd);
	if (aet_client_ask(AET_MSG_BIND, request, sizeof(*request), NULL, 0, &reply,
		    sizeof(struct aet_bind_reply)) < 0)
		return false;
	verdict = AET_MESSAGE_BODY(&reply, AET_MSG_BIND | AET_WIRE_REPLY, aet_bind_reply)->verdict;
	if (verdict == AET_VERDICT_ADOPT)
		adopted = begin_adoption(fd, &reply);
	aet_message_drop(&reply);
	if (verdict == AET_VERDICT_JOIN)
		(void)aet_client_join();
	/* The launcher has just died: without the page nobody could make this process wait. The
	 * kernel answers bind() then. */
	if (adopted && aet_client_join() < 0) {
		aet_socket_free(aet_socket_of(fd));
		adopted = false;
	}
	if (adopted && aet_socket_of(fd)->datagram)
		go_live_datagram(aet_socket_of(fd), fd);
	return adopted;
}

bool aet_adopt_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	struct aet_bind request = {0};
	uint64_t mask;
	bool adopted;

	if (!aet_identity_read(fd, addr, length, &request.address))
		return false;
	request.flags = aet_identity_flags(fd, request.address.family);
	if (!aet_is_owner())
		return false;
	aet_any_port_set(fd, false);
	if (request.address.family != AF_UNIX && aet_address_port(&request.address) == 0) {
		aet_any_port_set(fd, true);
		if (aet_lib.generation == 1 || request.address.type == SOCK_DGRAM)
			return false;
		request.flags |= AET_SOCKET_ANY_PORT;
	}
	aet_lock(&mask);
	adopted = aet_socket_of(fd) == NULL && ask_bind(fd, &request);
	aet_unlock(&mask);
	return adopted;
}

/* Tracks fd under the launcher's answer to an offer. */
static void track(int fd, int backlog, struct aet_message *reply)
{
	const struct aet_offer_reply *answer =
		AET_MESSAGE_BODY(reply, AET_MSG_OFFER | AET_WIRE_REPLY, aet_offer_reply);
	bool placeholder = answer->verdict == AET_VERDICT_PLACEHOLDER;
	struct aet_socket *sock = fill_socket(fd, reply, answer->listener, &answer->address,
		(struct order){.listen_fd = 1, .placeholder_fd = 0});

	if (!sock)
		return;
	sock->backlog = backlog;
	sock->held = placeholder;
	sock->kick = sock->datagram;
	if (sock->datagram && placeholder)
		AET_WRITE(aet_hidden, aet_hidden + 1);
	if (answer->verdict == AET_VERDICT_CLAIMED) { /* the rest follows in listen() */
		sock->adopted = true;
		return;
	}
	if (answer->verdict == AET_VERDICT_KEPT)
		sock->watched_early = aet_early_watches_find(sock, fd);
	sock->state = AET_SOCKET_LIVE;
	if (!placeholder)
		aet_options_read(sock->listen_fd, &sock->options);
	(void)aet_client_join();
	aet_note_reconcile();
}

static void offer(int fd, int backlog, uint32_t flags)
{
	struct aet_offer request = {.backlog = backlog};
	struct aet_message reply;
	int fds[1] = {fd};

	if (!aet_identity_own(fd, &request.address) && !(flags & AET_SOCKET_IF_KNOWN))
		return;
	request.cookie = aet_identity_cookie(fd);
	if (request.cookie == 0)
		return;
	request.flags = flags | aet_identity_flags(fd, request.address.family);
	if (aet_any_port(fd))
		request.flags |= AET_SOCKET_ANY_PORT;
	if (aet_is_own_name(&request.address, aet_lib.owner))
		request.flags |= AET_SOCKET_OWN_NAME;
	if (aet_client_ask(AET_MSG_OFFER, &request, sizeof(request), fds, 1, &reply,
		    sizeof(struct aet_offer_reply)) < 0)
		return;
	if (AET_MESSAGE_BODY(&reply, AET_MSG_OFFER | AET_WIRE_REPLY, aet_offer_reply)->verdict !=
		AET_VERDICT_PASS)
		track(fd, backlog, &reply);
	aet_message_drop(&reply);
}

void aet_adopt_bound(int fd)
{
	uint64_t mask;
	struct aet_address address;

	if (!aet_is_owner() || aet_identity_type(fd) != SOCK_DGRAM)
		return;
	if (!aet_identity_own(fd, &address) || address.family == AF_UNIX || aet_any_port(fd))
		return;
	aet_lock(&mask);
	if (!aet_socket_of(fd))
		offer(fd, -1, 0);
	aet_unlock(&mask);
}

/* listen() on a socket whose bind() was answered: fd holds the placeholder from here on, or the
 * kept listener when this generation serves already. */
static void finish_adoption(struct aet_socket *sock, int fd, int backlog)
{
	int own = aet_fd_hide(fd, false);

	if (own < 0)
		return;
	sock->watched_early = aet_early_watches_find(sock, fd);
	sock->orig_fd = own;
	sock->backlog = backlog;
	sock->state = AET_SOCKET_LIVE;
	sock->held = true;
	aet_fd_set_nonblocking(sock->placeholder_fd, aet_fd_is_nonblocking(fd));
	aet_gate_use_placeholder(sock);
	if (aet_client_join() < 0 || aet_role() == AET_ROLE_SERVE)
		aet_gate_serve(sock);
	aet_gate_seal_unclaimed();
	report_adopted(sock);
	aet_note_reconcile();
}

/* Another process of the generation may have bound the socket, been answered with a kept listener,
 * and passed it here to listen (Node's cluster, SCHED_NONE). */
bool aet_adopt_nameless(int fd)
{
	uint64_t mask;
	bool found;

	if (!aet_lib.active || !aet_is_owner())
		return false;
	aet_lock(&mask);
	if (aet_mark(fd) == AET_MARK_NONE && aet_identity_is_nameless(fd))
		offer(fd, -1, AET_SOCKET_IF_KNOWN);
	found = aet_socket_of(fd) != NULL;
	aet_unlock(&mask);
	return found;
}

bool aet_adopt_listen(int fd, int backlog)
{
	struct aet_socket *sock;
	uint64_t mask;
	bool done = false;

	if (!aet_is_owner())
		return false;
	if (aet_mark(fd) == AET_MARK_UNCLAIMED)
		aet_adopt_claim(fd);
	if (aet_mark(fd) == AET_MARK_NONE)
		(void)aet_adopt_nameless(fd);
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock && sock->state == AET_SOCKET_BOUND) {
		finish_adoption(sock, fd, backlog);
		done = true;
	} else if (sock && sock->state == AET_SOCKET_LIVE) {
		sock->backlog = backlog;
		done = sock->held;
	}
	aet_unlock(&mask);
	return done;
}

/* The launcher has to know the order in which the sockets of one address begin to listen. */
bool aet_adopt_is_one_of_many(int fd)
{
	struct aet_address address;

	return aet_identity_own(fd, &address) && address.family != AF_UNIX &&
		(aet_identity_flags(fd, address.family) & AET_SOCKET_REUSEPORT);
}

void aet_adopt_listening(int fd, int backlog, bool is_to_listen)
{
	uint64_t mask;

	if (!aet_is_owner())
		return;
	aet_lock(&mask);
	if (!aet_socket_of(fd))
		offer(fd, backlog, is_to_listen ? AET_SOCKET_TO_LISTEN : 0);
	aet_unlock(&mask);
}

bool aet_adopt_is_watched(int fd)
{
	const struct aet_socket *sock;
	uint64_t mask;
	bool is_watched;

	if (aet_mark(fd) == AET_MARK_NONE || !aet_is_owner())
		return false;
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	is_watched = sock && sock->watched_early;
	aet_unlock(&mask);
	return is_watched;
}

void aet_adopt_claim(int fd)
{
	uint64_t mask;

	if (!aet_is_owner())
		return;
	aet_lock(&mask);
	if (aet_mark(fd) == AET_MARK_UNCLAIMED) {
		aet_mark_set(fd, AET_MARK_NONE);
		offer(fd, -1, AET_SOCKET_IF_KNOWN);
		if (aet_socket_of(fd))
			aet_gate_seal_passed(fd);
	}
	aet_unlock(&mask);
}
