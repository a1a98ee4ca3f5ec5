#include "listen/claim.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

#include "aeterna/wire.h"
#include "listen/listener.h"

static uint32_t last_order;

static bool has_address(
	const struct aet_listener *listener, const struct aet_address *address, uint32_t flags)
{
	struct aet_address mine = listener->address;

	if (mine.family != address->family || mine.type != address->type)
		return false;
	if ((listener->flags ^ flags) & (AET_SOCKET_V6ONLY | AET_SOCKET_ANY_PORT) &&
		!listener->configured)
		return false;
	/* A bind() to port 0 does not mean a listener that was configured with a port. */
	if (flags & AET_SOCKET_ANY_PORT && !(listener->flags & AET_SOCKET_ANY_PORT))
		return false;
	/* A port that the kernel chose for a helper is no later helper's. */
	if (flags & AET_SOCKET_ANY_PORT && listener->is_private)
		return false;
	if (flags & AET_SOCKET_ANY_PORT) { /* compared without the port, which follows the family */
		mine.bytes[2] = mine.bytes[3] = 0;
	}
	/* sockaddr_in6 ends in flow and scope: those count too */
	return mine.length == address->length &&
		memcmp(mine.bytes, address->bytes, mine.length) == 0;
}

static bool is_alive(int pid)
{
	return pid > 0 && kill(pid, 0) == 0;
}

/* The file of a private Unix socket is its generation's to remove: a bind() after that makes a new
 * one, which the program may look for at once. */
static bool has_lost_file(const struct aet_listener *listener)
{
	const struct sockaddr_un *un = (const void *)listener->address.bytes;
	struct stat status;

	if (listener->privacy == AET_PRIVACY_NONE || listener->ino == 0)
		return false;
	return lstat(un->sun_path, &status) < 0 || status.st_dev != listener->dev ||
		status.st_ino != listener->ino;
}

/* How well a listener suits a bind() of its address. */
enum fit { FIT_NONE, FIT_SHARED, FIT_CLAIMED, FIT_FREE };

static enum fit fit_of(
	const struct aet_listener *listener, uint32_t flags, const struct aet_claimant *claimant)
{
	uint32_t generation = claimant->generation;
	bool shares = (flags & AET_SOCKET_REUSEPORT) && !(flags & AET_SOCKET_ANY_PORT);
	bool many = flags & (AET_SOCKET_REUSEPORT | AET_SOCKET_ANY_PORT);

	if (has_lost_file(listener))
		return FIT_NONE;
	/* This generation uses it already: the kernel answers, EADDRINUSE or one socket more. A
	 * candidate's would get connections before the commit, and reset them when it is undone: it
	 * shares a kept one. Beside one without SO_REUSEPORT the kernel has no second one. */
	if (listener->adopted == generation && listener->withdrawn != generation &&
		is_alive(listener->adopted_pid))
		return shares && (claimant->waits || !(listener->flags & AET_SOCKET_REUSEPORT))
			? FIT_SHARED
			: FIT_NONE;
	/* Several sockets of one address: each once, in order. */
	if (many && listener->claimed == generation && is_alive(listener->claimed_pid))
		return shares ? FIT_CLAIMED : FIT_NONE;
	return FIT_FREE;
}

struct aet_listener *aet_claim(
	const struct aet_address *address, uint32_t flags, const struct aet_claimant *claimant)
{
	struct aet_listener *best = NULL;
	enum fit best_fit = FIT_NONE;

	AET_FOREACH_LISTENER(l) {
		enum fit fit =
			has_address(l, address, flags) ? fit_of(l, flags, claimant) : FIT_NONE;

		/* Of those that are taken, the one that was handed out longest ago. */
		if (fit > best_fit ||
			(fit == best_fit && fit != FIT_NONE && fit != FIT_FREE &&
				l->claim_order < best->claim_order)) {
			best = l;
			best_fit = fit;
		}
	}
	if (!best)
		return NULL;
	best->claimed = claimant->generation;
	best->claimed_pid = claimant->pid;
	best->claimed_cookie = claimant->cookie;
	best->claim_order = ++last_order;
	return best;
}

struct aet_listener *aet_claim_find(uint64_t cookie, uint32_t generation)
{
	AET_FOREACH_LISTENER(l)
		if (l->claimed == generation && l->claimed_cookie == cookie && cookie != 0)
			return l;
	return NULL;
}

void aet_claim_end(struct aet_listener *listener, uint32_t generation, int pid)
{
	if (listener->claimed == generation && listener->claimed_pid == pid)
		listener->claimed_pid = 0;
}

void aet_claim_end_all(uint32_t generation, int pid)
{
	AET_FOREACH_LISTENER(l)
		aet_claim_end(l, generation, pid);
}
