#include "adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "address.h"
#include "client.h"
#include "gate.h"
#include "lib.h"
#include "look.h"
#include "msgio.h"
#include "options.h"
#include "sys.h"
#include "table.h"

static int int_option(int fd, int level, int name)
{
	int value = 0;
	int length = sizeof(value);

	if (AET_SYS5(getsockopt, fd, level, name, &value, &length) < 0)
		return -1;
	return value;
}

static uint32_t identity_flags(int fd, int family)
{
	uint32_t flags = 0;

	if (int_option(fd, SOL_SOCKET, SO_REUSEPORT) > 0)
		flags |= AET_SOCKET_REUSEPORT;
	if (family == AF_INET6 && int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		flags |= AET_SOCKET_V6ONLY;
	return flags;
}

/* TCP, UDP and Unix streams; MPTCP, SCTP, raw and the like are none of ours. */
static bool is_supported(int fd, int family, int type)
{
	int protocol = int_option(fd, SOL_SOCKET, SO_PROTOCOL);

	if (family == AF_UNIX)
		return type == SOCK_STREAM || type == SOCK_SEQPACKET;
	if (family != AF_INET && family != AF_INET6)
		return false;
	return (type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
		(type == SOCK_DGRAM && protocol == IPPROTO_UDP);
}

/* A relative path means another file after a chdir(2): the key is the absolute one. */
static bool make_absolute(struct aet_address *address)
{
	struct sockaddr_un *un = (void *)address->bytes;
	char cwd[sizeof(un->sun_path)] = "";
	long length;
	unsigned path = address->length - (unsigned)offsetof(struct sockaddr_un, sun_path);

	if (address->family != AF_UNIX || un->sun_path[0] == '\0' || un->sun_path[0] == '/')
		return true;
	length = AET_SYS2(getcwd, cwd, sizeof(cwd)); /* counts the NUL */
	if (length < 2 || cwd[0] != '/' || (unsigned long)length + path > sizeof(un->sun_path))
		return false;
	for (unsigned i = path; i-- > 0;)
		un->sun_path[(unsigned)length + i] = un->sun_path[i];
	aet_copy(un->sun_path, cwd, (unsigned long)length);
	un->sun_path[length - 1] = '/';
	address->length += (uint32_t)length;
	return true;
}

static bool read_address(
	int fd, const struct sockaddr *addr, socklen_t length, struct aet_address *ret_address)
{
	int type = int_option(fd, SOL_SOCKET, SO_TYPE);

	if (!addr || length < sizeof(addr->sa_family) || type < 0)
		return false;
	if (!is_supported(fd, addr->sa_family, type))
		return false;
	if (aet_address_from_sockaddr(addr, length, type, ret_address) < 0)
		return false;
	/* bind() with the family alone: the kernel chooses an abstract name, unix(7) */
	if (addr->sa_family == AF_UNIX && length <= offsetof(struct sockaddr_un, sun_path))
		return false;
	return make_absolute(ret_address);
}

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

/* bind() answered ADOPT: the socket the program made stays where it is until listen(), so that
 * the options it sets in between are its own. */
static bool begin_adoption(int fd, struct aet_message *reply)
{
	const struct aet_bind_reply *answer = (const void *)reply->bytes;
	struct aet_socket *sock = aet_socket_new();

	if (!sock)
		return false;
	hide_fd(reply, 0, &sock->real);
	hide_fd(reply, 1, &sock->standin);
	hide_fd(reply, 2, &sock->pool_give);
	hide_fd(reply, 3, &sock->pool_take);
	sock->listener = answer->listener;
	sock->address = answer->address;
	sock->datagram = answer->address.type == SOCK_DGRAM;
	sock->adopted = true;
	sock->state = AET_SOCKET_BOUND;
	if (sock->real < 0 || sock->standin < 0 || !aet_socket_add_number(sock, fd)) {
		aet_socket_free(sock);
		return false;
	}
	return true;
}

static void tell_adopted(const struct aet_socket *sock)
{
	struct aet_adopted note = {.listener = sock->listener, .backlog = sock->backlog};

	aet_client_note(&note, AET_MSG_ADOPTED, sizeof(note));
}

/* A bound datagram socket is in use from here on: what the program made is its own stand-in. */
static void go_live_datagram(struct aet_socket *sock, int fd)
{
	int own = aet_fd_hide(fd, false);

	if (own >= 0)
		sock->own = own;
	sock->state = AET_SOCKET_LIVE;
	sock->held = true;
	sock->kick = true;
	AET_WRITE(aet_hidden, aet_hidden + 1);
	if (aet_client_join() < 0 || aet_role() == AET_ROLE_SERVE)
		aet_gate_serve(sock);
	aet_gate_seal_unclaimed();
	tell_adopted(sock);
	aet_look_locked();
}

static bool ask_bind(int fd, struct aet_bind *request)
{
	struct aet_message reply;
	int length = sizeof(request->cookie);
	bool adopted = false;

	(void)AET_SYS5(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &request->cookie, &length);
	if (aet_client_ask(AET_MSG_BIND, request, sizeof(*request), NULL, 0, &reply,
		    sizeof(struct aet_bind_reply)) < 0)
		return false;
	if (((const struct aet_bind_reply *)(const void *)reply.bytes)->verdict ==
		AET_VERDICT_ADOPT)
		adopted = begin_adoption(fd, &reply);
	aet_message_drop(&reply);
	/* Without the page nobody could tell us to wait: the launcher has just died. The kernel's
	 * answer to bind() is then the truth. */
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

	if (!read_address(fd, addr, length, &request.address))
		return false;
	request.flags = identity_flags(fd, request.address.family);
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

static bool own_address(int fd, struct aet_address *ret_address)
{
	struct sockaddr_storage addr;
	int length = sizeof(addr);

	if (AET_SYS3(getsockname, fd, &addr, &length) < 0 ||
		length > (int)sizeof(ret_address->bytes))
		return false;
	return read_address(fd, (struct sockaddr *)&addr, (socklen_t)length, ret_address);
}

/* Tracks fd under the launcher's answer to an offer. */
static void track(int fd, int backlog, struct aet_message *reply)
{
	const struct aet_offer_reply *answer = (const void *)reply->bytes;
	struct aet_socket *sock = aet_socket_new();
	bool standin = answer->verdict == AET_VERDICT_STANDIN;
	bool claimed = answer->verdict == AET_VERDICT_CLAIMED;

	if (!sock)
		return;
	hide_fd(reply, 0, &sock->standin);
	hide_fd(reply, 1, &sock->real);
	hide_fd(reply, 2, &sock->pool_give);
	hide_fd(reply, 3, &sock->pool_take);
	sock->listener = answer->listener;
	sock->address = answer->address;
	sock->datagram = answer->address.type == SOCK_DGRAM;
	sock->backlog = backlog;
	sock->held = standin;
	sock->kick = sock->datagram;
	sock->state = AET_SOCKET_LIVE;
	if (sock->datagram && standin)
		AET_WRITE(aet_hidden, aet_hidden + 1);
	if (sock->real < 0 || sock->standin < 0 || !aet_socket_add_number(sock, fd)) {
		aet_socket_free(sock);
		return;
	}
	if (claimed) { /* the rest follows in listen() */
		sock->adopted = true;
		sock->state = AET_SOCKET_BOUND;
		return;
	}
	if (!standin)
		aet_options_read(sock->real, &sock->options);
	(void)aet_client_join();
	aet_look_locked();
}

static void offer(int fd, int backlog, uint32_t flags)
{
	struct aet_offer request = {.backlog = backlog};
	struct aet_message reply;
	int length = sizeof(request.cookie);
	int fds[1] = {fd};

	if (!own_address(fd, &request.address) && !(flags & AET_SOCKET_IF_KNOWN))
		return;
	if (AET_SYS5(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &request.cookie, &length) < 0)
		return;
	request.flags = flags | identity_flags(fd, request.address.family);
	if (aet_any_port(fd))
		request.flags |= AET_SOCKET_ANY_PORT;
	if (aet_client_ask(AET_MSG_OFFER, &request, sizeof(request), fds, 1, &reply,
		    sizeof(struct aet_offer_reply)) < 0)
		return;
	if (((const struct aet_offer_reply *)(const void *)reply.bytes)->verdict !=
		AET_VERDICT_PASS)
		track(fd, backlog, &reply);
	aet_message_drop(&reply);
}

void aet_adopt_bound(int fd)
{
	uint64_t mask;
	struct aet_address address;

	if (!aet_is_owner() || int_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_DGRAM)
		return;
	if (!own_address(fd, &address) || address.family == AF_UNIX || aet_any_port(fd))
		return;
	aet_lock(&mask);
	if (!aet_socket_of(fd))
		offer(fd, -1, 0);
	aet_unlock(&mask);
}

/* listen() on a socket whose bind() was answered: from here on the number holds the stand-in,
 * or at once the kept listener when this generation serves already. */
static void finish_adoption(struct aet_socket *sock, int fd, int backlog)
{
	int own = aet_fd_hide(fd, false);

	if (own < 0)
		return;
	sock->own = own;
	sock->backlog = backlog;
	sock->state = AET_SOCKET_LIVE;
	sock->held = true;
	aet_fd_set_nonblocking(sock->standin, aet_fd_is_nonblocking(fd));
	aet_gate_stand_in(sock);
	if (aet_client_join() < 0 || aet_role() == AET_ROLE_SERVE)
		aet_gate_serve(sock);
	aet_gate_seal_unclaimed();
	tell_adopted(sock);
	aet_look_locked();
}

/* A socket without a name that is made to listen: another process of the generation may have
 * bound it, been answered with a kept listener, and passed it on (Node's cluster, SCHED_NONE). */
static bool is_nameless(int fd)
{
	struct aet_address address;

	return own_address(fd, &address) && address.family != AF_UNIX &&
		address.type == SOCK_STREAM && aet_address_port(&address) == 0;
}

bool aet_adopt_nameless(int fd)
{
	uint64_t mask;
	bool found;

	if (!aet_lib.active || !aet_is_owner())
		return false;
	aet_lock(&mask);
	if (aet_mark(fd) == AET_MARK_NONE && is_nameless(fd))
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

void aet_adopt_listening(int fd, int backlog)
{
	uint64_t mask;

	if (!aet_is_owner())
		return;
	aet_lock(&mask);
	if (!aet_socket_of(fd))
		offer(fd, backlog, 0);
	aet_unlock(&mask);
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
