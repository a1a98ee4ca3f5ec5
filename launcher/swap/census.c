#include "swap/census.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/loop.h"
#include "fd.h"
#include "listen/sockets.h"
#include "process/generation.h"
#include "process/proc_fds.h"

#define PRIORITY   10
#define PIPE_FD    3
#define READ_BYTES 65536

struct aet_census {
	struct aet_source source; /* the read end of the child's pipe; ready NULL: none runs */
	uint32_t generation;
	aet_census_fn *done;
	uint8_t *bytes; /* what the child has written so far */
	size_t length;
	size_t room;
};

static struct aet_census censuses[AET_GENERATIONS_MAX];

/* What the child writes: this, then the inodes of both sets. */
struct report {
	int32_t all_error;
	int32_t own_error;
	uint32_t all_count;
	uint32_t own_count;
};

static void write_all(int fd, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length > 0) {
		ssize_t done = write(fd, at, length);

		if (done <= 0)
			_exit(1);
		at += done;
		length -= (size_t)done;
	}
}

/* Must keep none of the launcher's descriptors: processes see the launcher's death when the last
 * copy of its end of the lifeline closes. */
__attribute__((noreturn)) static void work(const struct aet_generation *generation, int fd)
{
	struct aet_inode_set all = {0};
	struct aet_inode_set own = {0};
	struct report report = {0};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY);
	(void)dup2(fd, PIPE_FD);
	(void)syscall(SYS_close_range, PIPE_FD + 1, ~0u, 0);
	report.own_error = aet_proc_fds_read(generation, &own);
	report.all_error = aet_sockets_read(&all);
	report.all_count = all.count;
	report.own_count = own.count;
	write_all(PIPE_FD, &report, sizeof(report));
	write_all(PIPE_FD, all.inodes, all.count * sizeof(*all.inodes));
	write_all(PIPE_FD, own.inodes, own.count * sizeof(*own.inodes));
	_exit(0);
}

static int copy_set(struct aet_inode_set *ret_set, const uint8_t *at, uint32_t count)
{
	uint32_t *inodes = malloc(count ? count * sizeof(*inodes) : 1);

	if (!inodes)
		return -ENOMEM;
	memcpy(inodes, at, count * sizeof(*inodes));
	*ret_set = (struct aet_inode_set){.inodes = inodes, .count = count};
	return 0;
}

/* A child that was killed has written less than it says. */
static void read_report(const struct aet_census *census, struct aet_census_result *ret_result)
{
	const uint8_t *at = census->bytes;
	struct report report;
	size_t all_bytes;

	*ret_result = (struct aet_census_result){.all_error = -ESRCH, .own_error = -ESRCH};
	if (census->length < sizeof(report))
		return;
	memcpy(&report, at, sizeof(report));
	all_bytes = report.all_count * sizeof(uint32_t);
	if (census->length != sizeof(report) + all_bytes + report.own_count * sizeof(uint32_t))
		return;
	at += sizeof(report);
	ret_result->all_error = report.all_error;
	ret_result->own_error = report.own_error;
	if (report.all_error == 0)
		ret_result->all_error = copy_set(&ret_result->all, at, report.all_count);
	if (report.own_error == 0)
		ret_result->own_error =
			copy_set(&ret_result->own, at + all_bytes, report.own_count);
}

static void end(struct aet_census *census)
{
	aet_loop_remove(&census->source);
	aet_fd_close(&census->source.fd);
	free(census->bytes);
	*census = (struct aet_census){0};
}

static void finish(struct aet_census *census)
{
	struct aet_generation *generation = aet_generation_get(census->generation);
	struct aet_census_result result;
	aet_census_fn *done = census->done;

	read_report(census, &result);
	end(census);
	if (generation) {
		done(generation, &result);
		return;
	}
	free(result.all.inodes);
	free(result.own.inodes);
}

static int make_room(struct aet_census *census)
{
	uint8_t *grown;

	if (census->room - census->length >= READ_BYTES)
		return 0;
	grown = realloc(census->bytes, census->room + 2 * READ_BYTES);
	if (!grown)
		return -ENOMEM;
	census->bytes = grown;
	census->room += 2 * READ_BYTES;
	return 0;
}

static void on_bytes(struct aet_source *source, uint32_t events)
{
	struct aet_census *census = source->data;
	ssize_t got;

	(void)events;
	if (make_room(census) < 0) {
		census->length = 0;
		finish(census);
		return;
	}
	got = read(source->fd, census->bytes + census->length, READ_BYTES);
	if (got > 0)
		census->length += (size_t)got;
	else if (got == 0 || errno != EAGAIN)
		finish(census);
}

/* NULL: one runs for the generation, or as many run as there are generations. */
static struct aet_census *find_free(uint32_t generation)
{
	struct aet_census *found = NULL;

	for (int i = 0; i < AET_GENERATIONS_MAX; i++) {
		if (!censuses[i].source.ready)
			found = &censuses[i];
		else if (censuses[i].generation == generation)
			return NULL;
	}
	return found;
}

int aet_census_begin(struct aet_generation *generation, aet_census_fn *done)
{
	struct aet_census *census = find_free(generation->number);
	AET_CLOSE int write_end = -1;
	int ends[2];
	pid_t pid;
	int result;

	if (!census)
		return -EBUSY;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	write_end = ends[1];
	(void)fcntl(write_end, F_SETFL, 0); /* the child may wait for room */
	pid = fork();
	if (pid == 0)
		work(generation, write_end);
	result = pid < 0 ? -errno : aet_loop_add(&census->source, ends[0], on_bytes, census);
	if (result < 0) {
		(void)close(ends[0]); /* the child ends by SIGPIPE */
		census->source = (struct aet_source){0};
		return result;
	}
	census->generation = generation->number;
	census->done = done;
	return 0;
}
