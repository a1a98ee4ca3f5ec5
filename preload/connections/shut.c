#include "connections/shut.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "connections/conn.h"
#include "connections/handoff_queue.h"
#include "connections/migrate_out.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/table.h"
#include "msgio.h"
#include "sys.h"

#define LEAST_MS 100 /* for a thread that has just accepted to come to its read */

/* A bit for each descriptor that travels; shared with the child that dumps. NULL: no dump yet. */
static uint8_t *travels;

static uint64_t now_ms(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void aet_conns_begin_dump(void)
{
	long memory;

	if (!aet_conns)
		return;
	for (int i = 0; travels && i < AET_FDS_MAX / 8; i++)
		travels[i] = 0;
	if (travels)
		return;
	memory = AET_SYS(SYS_mmap, 0, AET_FDS_MAX / 8, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory > 0 || memory < -4095)
		travels = (uint8_t *)memory;
}

static void note(int fd)
{
	travels[fd / 8] |= (uint8_t)(1u << fd % 8);
}

/* A copy of a connection's descriptor: the socket is the same. */
static void note_same_socket(int fd)
{
	struct stat mine = {0};
	struct stat other = {0};

	if (AET_SYS2(fstat, fd, &mine) < 0 || !S_ISSOCK(mine.st_mode))
		return;
	for (int i = 0; i <= aet_conn_high; i++)
		if (aet_mark(i) == AET_MARK_CONNECTION && AET_SYS2(fstat, i, &other) == 0 &&
			other.st_ino == mine.st_ino && other.st_dev == mine.st_dev)
			note(i);
}

void aet_conns_travel(const int32_t *fds, uint32_t count)
{
	for (uint32_t i = 0; travels && i < count; i++) {
		if (aet_mark(fds[i]) == AET_MARK_CONNECTION)
			note(fds[i]);
		else
			note_same_socket(fds[i]);
	}
}

static uint64_t since_ms; /* when this process first looked, or last saw one move */
static unsigned waiting; /* those that might yet move, at the last look */

static bool has_waited(void)
{
	static uint64_t word; /* under which this process was first asked */

	if (word != atomic_load(&aet_lib.page->word)) {
		word = atomic_load(&aet_lib.page->word);
		since_ms = now_ms();
		waiting = 0;
	}
	return now_ms() >= since_ms + LEAST_MS;
}

static void note_waiting(unsigned count)
{
	if (count < waiting)
		since_ms = now_ms();
	waiting = count;
}

struct batch {
	int count;
	int fds[AET_QUEUE_BATCH];
};

static void tell(struct batch *batch, const struct aet_socket *sock)
{
	if (batch->count > 0)
		aet_queue_tell(sock, batch->fds, batch->count, true);
	batch->count = 0;
}

/* A request on it was in flight at the commit, and a generation that is not frozen answers it. */
static bool is_answered(const struct aet_conn *conn)
{
	return atomic_load(&conn->busy) && !aet_frozen_is_replaced();
}

/* The last answer announced the end, and has been given. */
static bool has_ended(const struct aet_conn *conn)
{
	return atomic_load(&conn->http.closing) && !aet_http_is_busy(&conn->http) &&
		!atomic_load(&conn->http.lost);
}

/* The new generation alone has it from now on, and its close is the end for the client. A socket that
 * was never connected keeps the number. */
static void leave_to_new(int fd)
{
	long other = AET_SYS3(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (other < 0)
		return;
	(void)AET_SYS3(dup3, other, fd, O_CLOEXEC);
	(void)AET_SYS1(close, other);
}

/* True: it is open still, and may yet move. */
static bool shut_one(int fd, struct aet_conn *conn, struct batch *batch, bool waits)
{
	if (is_answered(conn))
		return false;
	if (waits && aet_conn_may_leave(fd, conn))
		return true;
	conn->shut = true;
	if (travels && (travels[fd / 8] >> fd % 8 & 1)) {
		if (aet_frozen_is_replaced())
			leave_to_new(fd);
		return false;
	}
	/* Not its descriptor: whoever is inside a call on it comes out. */
	(void)AET_SYS2(shutdown, fd, SHUT_RDWR);
	if (!has_ended(conn))
		batch->fds[batch->count++] = fd;
	return false;
}

static unsigned shut_of(struct aet_socket *sock, bool waits)
{
	struct batch batch = {.count = 0};
	unsigned open = 0;

	for (int fd = 0; fd <= aet_conn_high; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (aet_mark(fd) != AET_MARK_CONNECTION || conn->shut ||
			&aet_sockets[conn->socket] != sock)
			continue;
		open += shut_one(fd, conn, &batch, waits);
		if (batch.count == AET_QUEUE_BATCH)
			tell(&batch, sock);
	}
	tell(&batch, sock);
	return open;
}

bool aet_conns_shut_rest(void)
{
	unsigned open = 0;
	bool waits;

	if (!aet_conns || !(aet_frozen_is_replaced() || aet_frozen_has_handed_over()))
		return true;
	waits = !has_waited();
	for (int i = 0; i < AET_SOCKETS_MAX; i++)
		open += shut_of(&aet_sockets[i], waits);
	note_waiting(open);
	return open == 0;
}
