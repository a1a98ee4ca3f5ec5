/*
 * Hooks in C (aeterna.h) as a language module of their own: the dump runs in a forked child, on a
 * file of its own or on a stream, and what it wrote becomes one section named "hook".
 */
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
#include "crc32c.h"
#include "lib.h"
#include "state.h"
#include "sys.h"
#include "util.h"

#define HOOK_DONE    77 /* exit status: a hook that ends the process itself did not return 0 */
#define HOOK_NO_ROOM 78
#define SECTION      "hook"
#define TOC_OFF      AET_STATE_PAGE
#define BYTES_OFF    (2 * AET_STATE_PAGE)

pid_t fork(void);

struct mapping {
	uint8_t *at;
	uint64_t length;
};

static int map(struct mapping *ret, int fd, uint64_t length, int protection, int flags)
{
	long at = AET_SYS(SYS_mmap, 0, length, protection, flags, fd, 0);

	if (at < 0 && at > -4096)
		return (int)at;
	*ret = (struct mapping){(uint8_t *)at, length};
	return 0;
}

static void unmap(const struct mapping *mapping)
{
	(void)AET_SYS2(munmap, mapping->at, mapping->length);
}

static int64_t size_of(int fd)
{
	struct stat info = {0};
	long result = AET_SYS2(fstat, fd, &info);

	return result < 0 ? result : info.st_size;
}

static int new_memfd(const char *name)
{
	long fd = AET_SYS2(memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -ENOSYS || fd == -EPERM) /* an old kernel, a sandbox */
		fd = AET_SYS4(openat, AT_FDCWD, "/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return (int)fd;
}

static int fail(int error, const char *reason, const char *text)
{
	(void)aeterna_report(error, reason, text, NULL, 0);
	return -error;
}

/* RLIMIT_AS, a file system that is full, RLIMIT_FSIZE. */
static bool is_no_room(int result)
{
	return result == -ENOMEM || result == -ENOSPC || result == -EFBIG;
}

static int fail_dump(int result)
{
	if (is_no_room(result))
		return fail(-result, "no_memory", "aeterna_dump_state() found no room");
	return fail(-result, "dump_failed", "aeterna_dump_state() failed");
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

/* Whoever is forked for a dump ends with the one it works for, wherever its hook is. */
static pid_t fork_bound(void)
{
	long parent = AET_SYS0(getpid);
	pid_t child = fork();

	if (child != 0)
		return child;
	(void)AET_SYS2(prctl, PR_SET_PDEATHSIG, SIGKILL);
	if (AET_SYS0(getppid) != parent)
		(void)AET_SYS1(exit_group, 1);
	return 0;
}

/* shm: the hook's file travels as it is, and the container has its checksum alone. */
static int dump_to_file(const struct aeterna_request *request)
{
	struct mapping base;
	struct mapping file = {0};
	struct aet_state_row row;
	int fd = new_memfd("aeterna-hook");
	int64_t length;
	int result;

	if (fd < 0)
		return fail(-fd, "no_memory", "no memory file for the hook");
	result = aet_c_dump(fd);
	if (result < 0)
		return fail_dump(result);
	length = size_of(fd);
	if (length > 0 && map(&file, fd, (uint64_t)length, PROT_READ, MAP_SHARED) < 0)
		return fail(ENOMEM, "no_memory", "the hook's state could not be mapped");
	aet_container_row(&row, AET_STATE_FILE, SECTION, 0, (uint64_t)AET_MAX(length, (int64_t)0),
		aet_crc32c_leaves(file.at, file.length));
	if (file.at)
		unmap(&file);
	if (AET_SYS3(fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -EBUSY)
		return fail(EBUSY, "dump_failed", "aeterna_dump_state() left its file mapped");
	/* Where it is no memfd: to touch what its file system has no room for is SIGBUS. */
	if (AET_SYS2(ftruncate, request->fd, BYTES_OFF) < 0 ||
		AET_SYS4(fallocate, request->fd, 0, 0, BYTES_OFF) < 0 ||
		map(&base, request->fd, BYTES_OFF, PROT_READ | PROT_WRITE, MAP_SHARED) < 0)
		return fail(ENOMEM, "no_memory", "the state could not be mapped");
	commit(base.at, BYTES_OFF, &row, request);
	unmap(&base);
	return aeterna_report(0, NULL, NULL, &fd, 1);
}

static int write_all(int fd, const uint8_t *bytes, uint64_t length)
{
	while (length > 0) {
		long put = AET_SYS3(write, fd, bytes, length);

		if (put < 0 && put != -EINTR)
			return (int)put;
		if (put > 0) {
			bytes += put;
			length -= (uint64_t)put;
		}
	}
	return 0;
}

/* Everything the stream brings, from there on in the room; its length. That it brings no more shows
 * at its end, when the room is full, too. */
static int64_t read_all(int fd, const struct mapping *room, uint64_t from)
{
	uint64_t at = from;

	for (;;) {
		bool is_full = at == room->length;
		uint8_t more;
		long got = is_full ? AET_SYS3(read, fd, &more, 1)
				   : AET_SYS3(read, fd, room->at + at, room->length - at);

		if (got == -EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? got : (int64_t)(at - from);
		if (is_full)
			return -EFBIG;
		at += (uint64_t)got;
	}
}

/* The hook in a process of its own, so that what it writes is read while it writes. */
static int run_beside(int stream, int other)
{
	pid_t child = fork_bound();
	int result;

	if (child != 0)
		return child > 0 ? child : -EAGAIN;
	(void)AET_SYS1(close, other);
	result = aet_c_dump(stream);
	(void)AET_SYS1(exit_group, result == 0 ? HOOK_DONE : is_no_room(result) ? HOOK_NO_ROOM : 1);
	__builtin_unreachable();
}

/* pipe: the hook writes to a stream; the container follows over the request's. */
static int dump_to_stream(const struct aeterna_request *request)
{
	struct mapping room;
	struct aet_state_row row;
	int ends[2] = {-1, -1};
	int status = 0;
	int child;
	int64_t length;

	if (map(&room, -1, AET_STATE_PIPE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) < 0 ||
		AET_SYS4(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(ENOMEM, "no_memory", "no stream for the hook");
	child = run_beside(ends[1], ends[0]);
	(void)AET_SYS1(close, ends[1]);
	if (child < 0)
		return fail(-child, "no_memory", "no process for the hook");
	length = read_all(ends[0], &room, BYTES_OFF);
	(void)AET_SYS1(close, ends[0]);
	(void)AET_SYS4(wait4, child, &status, 0, NULL);
	/* A hook that is not read to its end fails, too: this is why. */
	if (length == -EFBIG)
		return fail(EFBIG, "state_too_large",
			"more than 64 MiB through the pipe: use mechanism: shm");
	if (length < 0 || status != HOOK_DONE << 8)
		return fail_dump(status == HOOK_NO_ROOM << 8 ? -ENOMEM : -EIO);
	aet_container_row(&row, AET_STATE_BUFFER, SECTION, BYTES_OFF, (uint64_t)length,
		aet_crc32c_leaves(room.at + BYTES_OFF, (uint64_t)length));
	commit(room.at, BYTES_OFF + (uint64_t)length, &row, request);
	if (write_all(request->fd, room.at, BYTES_OFF + (uint64_t)length) < 0)
		return fail(EPIPE, "dump_failed", "the launcher did not take the state");
	return aeterna_report(0, NULL, NULL, NULL, 0);
}

int aet_state_c_dump(const struct aeterna_request *request)
{
	pid_t child = fork_bound();
	int result;

	if (child != 0)
		return child > 0 ? child : -EAGAIN;
	result = request->mechanism == AETERNA_PIPE ? dump_to_stream(request)
						    : dump_to_file(request);
	(void)AET_SYS1(exit_group, result == 0 ? 0 : 1);
	__builtin_unreachable();
}

/* --- load --- */

static int check(const struct mapping *base, const struct aeterna_request *request)
{
	struct aet_container_origin origin = {.generation = request->generation};
	struct aet_container_flaw flaw;

	aet_copy(origin.run_id, request->run_id, sizeof(origin.run_id));
	if (aet_container_check(base->at, base->length, &origin, &flaw) < 0)
		return fail(EBADMSG, "state_corrupt", flaw.text);
	return 0;
}

/* Another runtime may have a section of this name, of another kind. */
static const struct aet_state_row *find(const struct mapping *base)
{
	const struct aet_state_header *header = (const void *)base->at;
	const struct aet_state_row *rows = aet_container_rows(header);

	for (uint32_t i = 0; i < header->toc_count; i++) {
		const struct aet_state_row *row = &rows[i];

		if (row->type != AET_STATE_FILE &&
			(row->type != AET_STATE_BUFFER || row->owner != 0))
			continue;
		for (unsigned k = 0; row->name[k] == SECTION[k]; k++)
			if (SECTION[k] == '\0')
				return row;
	}
	return NULL;
}

/* Sealed; or no memfd, which has F_SEAL_SEAL from the beginning (fcntl(2)), and whose writers are
 * gone: the dump's process has ended. */
static bool is_final(int fd)
{
	long seals = AET_SYS3(fcntl, fd, F_GET_SEALS, 0);

	return seals == F_SEAL_SEAL ||
		(seals > 0 && (seals & F_SEAL_SHRINK) && (seals & F_SEAL_WRITE));
}

static int check_file(int fd, const struct aet_state_row *row)
{
	struct mapping file = {0};
	uint32_t checksum;

	if (!is_final(fd) || size_of(fd) != (int64_t)row->len)
		return fail(EBADMSG, "state_corrupt", "the hook's file is not the one written");
	if (row->len > 0 && map(&file, fd, row->len, PROT_READ, MAP_PRIVATE) < 0)
		return fail(ENOMEM, "no_memory", "the hook's file could not be mapped");
	checksum = aet_crc32c_leaves(file.at, file.length);
	if (file.at)
		unmap(&file);
	if (checksum != row->checksum)
		return fail(EBADMSG, "state_corrupt", "the checksum of the hook's file is wrong");
	return 0;
}

/* A description of its own: what the hook reads of it has to begin at the beginning. */
static int reopen(const struct aeterna_request *request, const struct aet_state_row *row,
	const struct mapping *base)
{
	int fd;

	if (row->type == AET_STATE_FILE) {
		if (row->off >= AET_MIN(request->fd_count, (uint32_t)AETERNA_FDS_MAX))
			return fail(EBADMSG, "state_corrupt", "a descriptor is missing");
		fd = request->fds[row->off];
		(void)AET_SYS3(lseek, fd, 0, SEEK_SET);
		return check_file(fd, row) < 0 ? -EBADMSG : fd;
	}
	fd = new_memfd("aeterna-hook");
	if (fd < 0 || write_all(fd, base->at + row->off, row->len) < 0)
		return fail(ENOMEM, "no_memory", "no memory file for the hook");
	(void)AET_SYS3(lseek, fd, 0, SEEK_SET);
	return fd;
}

static int load_from(const struct mapping *base, const struct aeterna_request *request)
{
	const struct aet_state_row *row;
	int result;
	int fd;

	if (check(base, request) < 0)
		return -EBADMSG;
	row = find(base);
	if (!row)
		return fail(EBADMSG, "wrong_schema",
			"another runtime wrote it: it is not the state of hooks in C");
	fd = reopen(request, row, base);
	if (fd < 0)
		return fd;
	result = aet_c_load(fd);
	(void)AET_SYS1(close, fd);
	if (is_no_room(result))
		return fail(-result, "no_memory", "aeterna_load_state() found no room");
	if (result < 0)
		return fail(-result, "load_failed", "aeterna_load_state() failed");
	return 0;
}

int aet_state_c_load(const struct aeterna_request *request)
{
	struct mapping base;
	int64_t length;
	int result;

	if (request->mechanism == AETERNA_PIPE) {
		if (map(&base, -1, AET_STATE_PIPE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) < 0)
			return fail(ENOMEM, "no_memory", "no memory for the state");
		length = read_all(request->fd, &base, 0);
		if (length < 0)
			return fail((int)-length, "state_corrupt", "the stream broke off");
		result = load_from(&(struct mapping){base.at, (uint64_t)length}, request);
		unmap(&base);
		return result;
	}
	length = size_of(request->fd);
	if (!is_final(request->fd))
		return fail(EBADMSG, "state_corrupt", "it is not sealed");
	if (length < AET_STATE_PAGE ||
		map(&base, request->fd, (uint64_t)length, PROT_READ, MAP_PRIVATE) < 0)
		return fail(EBADMSG, "state_corrupt", "it is shorter than its header");
	result = load_from(&base, request);
	unmap(&base);
	return result;
}
