/*
 * The kept listeners: the sockets that outlive every generation. The launcher keeps one
 * descriptor of each open, so that the kernel's queue survives whatever happens to the program.
 */
#ifndef AET_LISTENER_H
#define AET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aeterna/address.h"
#include "book.h"

#define AET_LISTENERS_MAX    64 /* one bit each in a member's set */
#define AET_PLACEHOLDERS_MAX AET_BOOK_GENERATIONS /* that may be alive at once */
#define AET_RAISED_BACKLOG   65535 /* the kernel cuts it to net.core.somaxconn */
#define AET_ADDRESS_QUOTED   200
#define AET_LISTENER_NAME    256 /* sd_listen_fds_with_names(3) */

struct aet_placeholder {
	uint32_t generation; /* 0: free */
	int fd;
	uint64_t cookie;
	bool is_bound; /* the generation has bound the address, and not closed it */
	struct aet_door door; /* for its own processes, while it waits */
};

/* The generations that listened and showed interest. */
struct aet_listener_use {
	uint32_t adopted;
	int adopted_pid;
	uint32_t wanted;
};

/* Why a listener is a generation's own, which no later one will bind. */
enum aet_privacy {
	AET_PRIVACY_NONE, /* in doubt it is public */
	AET_PRIVACY_CONFIGURED,
	AET_PRIVACY_ANY_PORT,
	AET_PRIVACY_PROCESS_NAME,
	AET_PRIVACY_OTHER_NAME,
	AET_PRIVACY_DIRECTORY,
};

struct aet_listener {
	bool used;
	int fd; /* aet_listener_drop() closes it */
	uint64_t cookie;
	uint32_t flags; /* AET_SOCKET_* */
	int backlog; /* the serving program's; -1: not known, stays raised */
	int next_backlog; /* the candidate's, until it serves */
	struct aet_address address;
	dev_t dev; /* of a Unix socket's file */
	ino_t ino;
	bool configured; /* from service.listen, or passed */
	bool passed; /* by the service manager, whose file it is */
	char name[AET_LISTENER_NAME]; /* as the service manager calls it; may be empty */
	enum aet_privacy privacy; /* why it would be private */
	bool is_private; /* not waited for; it ends with its generation */
	uint64_t offered_ms;
	uint32_t since; /* generation that offered it; kept from its commit on */
	uint32_t claimed; /* last generation whose bind() adopted it; claim.h has these four */
	int claimed_pid; /* 0: that socket is closed */
	uint64_t claimed_cookie; /* of the socket that bind() was called on */
	uint32_t claim_order; /* rises from claim to claim */
	uint32_t adopted; /* newest generation that listens on it */
	int adopted_pid; /* 0: no process of it that takes part has it any more */
	uint32_t wanted; /* newest generation that showed interest */
	uint32_t withdrawn; /* generation that closed its last descriptor of it */
	int slot; /* in the kernel's table of its group (group.h); -1: not known */
	uint32_t steered_for; /* the generation whose sockets its group is steered to; 0: to all */
	uint64_t steered_ms; /* since when */
	uint64_t adopted_ms; /* when it was adopted last */
	uint32_t roomless; /* generation that has no room for the connections there are */
	struct aet_listener_use
		former; /* before the newest generation adopted it; an undo restores it */
	struct aet_placeholder placeholders[AET_PLACEHOLDERS_MAX];
	int queue[2]; /* write and read end (handoff_queue.h), closed on drop; -1: none */
};

extern struct aet_listener aet_listeners[AET_LISTENERS_MAX];

#define AET_FOREACH_LISTENER(l)                                                                    \
	for (struct aet_listener *l = aet_listeners; l < aet_listeners + AET_LISTENERS_MAX; l++)   \
		if (l->used)

/* Those that outlive their generation. */
#define AET_FOREACH_PUBLIC(l)                                                                      \
	AET_FOREACH_LISTENER(l)                                                                    \
		if (!l->is_private)

static inline uint32_t aet_listener_id(const struct aet_listener *listener)
{
	return (uint32_t)(listener - aet_listeners);
}

/* The listener of that id, or NULL. */
struct aet_listener *aet_listener_get(uint32_t id);

/* Makes a new listener that takes fd; NULL when the table is full, and fd stays the caller's. */
struct aet_listener *aet_listener_keep(
	int fd, const struct aet_address *address, uint32_t flags, int backlog);

/* Creates, binds and listens: service.listen; or finds the one that the service manager passed. 0 or
 * -errno. */
int aet_listener_open(const struct aet_address *address, struct aet_listener **ret_listener);

/* Closes the launcher's descriptors of it and every placeholder. */
void aet_listener_drop(struct aet_listener *listener);

struct aet_listener *aet_listener_by_cookie(uint64_t cookie, bool *ret_is_placeholder);
struct aet_listener *aet_listener_by_file(dev_t dev, ino_t ino);

/* A process of the generation listens on it; it shows interest in it. */
void aet_listener_adopt(struct aet_listener *listener, uint32_t generation, int pid);
void aet_listener_want(struct aet_listener *listener, uint32_t generation, int pid);

/* A process of the generation that had it open has ended, or become another program; heir has it still,
 * 0: nobody. Interest that nobody has any more is void. */
void aet_listener_leave(struct aet_listener *listener, uint32_t generation, int pid, int heir);

/* No process accepts for now: the queue must take every client. */
void aet_listener_raise_backlogs(void);

/* The program accepts again and has had time to empty the queue: sets its backlog again. */
void aet_listener_restore_backlogs(void);

/* At the launcher's end: removes the files of Unix sockets, unless another process has replaced
 * them. */
void aet_listener_remove_files(void);

/* Those that are handed over. */
int aet_listener_count(void);

#endif
