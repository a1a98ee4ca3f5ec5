#include "state/state_c.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "container.h"
#include "core/lib.h"
#include "crc32c.h"
#include "state/stand_still.h"
#include "state/state_c_io.h"
#include "state/state_copy.h"
#include "sys.h"
#include "util.h"

#define HOOK_DONE    77 /* exit status: a hook that ends the process itself did not return 0 */
#define HOOK_NO_ROOM 78
#define TOC_OFF      AET_STATE_PAGE
#define BYTES_OFF    (2 * AET_STATE_PAGE)

pid_t fork(void);

int (*aet_c_dump)(int fd);

static int fail_dump(int result)
{
	if (aet_c_is_no_room(result))
		return aet_c_fail(-result, "no_memory", "aeterna_dump_state() found no room");
	return aet_c_fail(-result, "dump_failed", "aeterna_dump_state() failed");
}

static void commit(uint8_t *base, uint64_t total, const struct aet_state_row *row,
	const struct aeterna_request *request)
{
	struct aet_container_origin origin = {.generation = request->generation};
	struct timespec now = {0};

	aet_copy(origin.run_id, request->run_id, sizeof(origin.run_id));
	aet_copy(base + TOC_OFF, row, sizeof(*row));
	(void)AET_SYS2(clock_gettime, CLOCK_REALTIME, &now);
	aet_container_commit(base, total, TOC_OFF, 1, &origin, "c", (uint32_t)AET_SYS0(getpid),
		(uint32_t)AET_SYS0(getuid),
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

/* --- dump --- */

/* A process that is forked for a dump dies with its parent, wherever its hook is; the copy of a
 * snapshot has none. */
static int fork_bound(void)
{
	long parent = AET_SYS0(getpid);
	bool is_copy = aet_state_copy_is_expected();
	pid_t child = fork();

	if (child < 0)
		return -EAGAIN;
	if (child > 0 || is_copy)
		return child;
	(void)AET_SYS2(prctl, PR_SET_PDEATHSIG, SIGKILL);
	if (AET_SYS0(getppid) != parent)
		(void)AET_SYS1(exit_group, 1);
	return 0;
}

/* shm: the hook's file travels as it is; the container has its checksum alone. */
static int dump_to_file(const struct aeterna_request *request)
{
	struct aet_c_mapping base;
	struct aet_c_mapping file = {0};
	struct aet_state_row row;
	int fd = aet_c_new_file("aeterna-hook");
	int64_t length;
	int result;

	if (fd < 0)
		return aet_c_fail(-fd, "no_memory", "no memory file for the hook");
	result = aet_c_dump(fd);
	if (result < 0)
		return fail_dump(result);
	length = aet_c_size_of(fd);
	if (length > 0 && aet_c_map(&file, fd, (uint64_t)length, PROT_READ, MAP_SHARED) < 0)
		return aet_c_fail(ENOMEM, "no_memory", "the hook's state could not be mapped");
	aet_container_row(&row, AET_STATE_FILE, AET_C_SECTION, 0,
		(uint64_t)AET_MAX(length, (int64_t)0), aet_crc32c_leaves(file.at, file.length));
	if (file.at)
		aet_c_unmap(&file);
	if (AET_SYS3(fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -EBUSY)
		return aet_c_fail(
			EBUSY, "dump_failed", "aeterna_dump_state() left its file mapped");
	/* In a file that is no memfd, touching a page that its file system has no room for raises
	 * SIGBUS. */
	if (AET_SYS2(ftruncate, request->fd, BYTES_OFF) < 0 ||
		AET_SYS4(fallocate, request->fd, 0, 0, BYTES_OFF) < 0 ||
		aet_c_map(&base, request->fd, BYTES_OFF, PROT_READ | PROT_WRITE, MAP_SHARED) < 0)
		return aet_c_fail(ENOMEM, "no_memory", "the state could not be mapped");
	commit(base.at, BYTES_OFF, &row, request);
	aet_c_unmap(&base);
	return aeterna_report(0, NULL, NULL, &fd, 1);
}

/* The hook in a process of its own, so that what it writes is read while it writes. */
static int run_beside(int stream, int other)
{
	int child = fork_bound();
	int result;

	if (child != 0)
		return child;
	(void)AET_SYS1(close, other);
	result = aet_c_dump(stream);
	(void)AET_SYS1(exit_group,
		result == 0                        ? HOOK_DONE
			: aet_c_is_no_room(result) ? HOOK_NO_ROOM
						   : 1);
	__builtin_unreachable();
}

/* pipe: the hook writes to a stream; the container follows over the request's. */
static int dump_to_stream(const struct aeterna_request *request)
{
	struct aet_c_mapping room;
	struct aet_state_row row;
	int ends[2] = {-1, -1};
	int status = 0;
	int child;
	int64_t length;

	if (aet_c_map(&room, -1, AET_STATE_PIPE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) < 0 ||
		AET_SYS4(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return aet_c_fail(ENOMEM, "no_memory", "no stream for the hook");
	child = run_beside(ends[1], ends[0]);
	(void)AET_SYS1(close, ends[1]);
	if (child < 0)
		return aet_c_fail(-child, "no_memory", "no process for the hook");
	length = aet_c_read_all(ends[0], &room, BYTES_OFF);
	(void)AET_SYS1(close, ends[0]);
	(void)AET_SYS4(wait4, child, &status, 0, NULL);
	/* First, as a hook that is not read to its end fails, too. */
	if (length == -EFBIG)
		return aet_c_fail(EFBIG, "state_too_large",
			"more than 64 MiB through the pipe: use mechanism: shm");
	if (length < 0 || status != HOOK_DONE << 8)
		return fail_dump(status == HOOK_NO_ROOM << 8 ? -ENOMEM : -EIO);
	aet_container_row(&row, AET_STATE_BUFFER, AET_C_SECTION, BYTES_OFF, (uint64_t)length,
		aet_crc32c_leaves(room.at + BYTES_OFF, (uint64_t)length));
	commit(room.at, BYTES_OFF + (uint64_t)length, &row, request);
	if (aet_c_write_all(request->fd, room.at, BYTES_OFF + (uint64_t)length) < 0)
		return aet_c_fail(EPIPE, "dump_failed", "the launcher did not take the state");
	return aeterna_report(0, NULL, NULL, NULL, 0);
}

int aet_state_c_dump(const struct aeterna_request *request)
{
	int child;
	int result;

	if (request->flags & AETERNA_MERGED)
		return aet_c_fail(EBUSY, "busy", "what hooks in C dump cannot be merged");
	child = aet_stand_fork(fork_bound);
	if (child != 0)
		return child;
	result = request->mechanism == AETERNA_PIPE ? dump_to_stream(request)
						    : dump_to_file(request);
	(void)AET_SYS1(close, request->fd);
	if (result == 0)
		aeterna_await_decision();
	(void)AET_SYS1(exit_group, result == 0 ? 0 : 1);
	__builtin_unreachable();
}
