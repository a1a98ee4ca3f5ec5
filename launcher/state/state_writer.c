#include "state/state_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/state_file.h"
#include "state/state_set.h"

#define FIRST_FD 3
#define PRIORITY 10 /* nice(2): the program that serves comes first */

struct writer {
	pid_t pid; /* 0: it is free */
	void (*done)(void *data, int result);
	void *data;
};

static struct writer writers[AET_STATE_WRITERS];

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

/* Must keep none of the launcher's descriptors: processes see the launcher's death when the last
 * copy of its end of the lifeline closes. */
static void close_others(const struct aet_state_write *what)
{
	unsigned count = 1;
	unsigned next = FIRST_FD;
	unsigned used = 0;
	int *fds;

	for (unsigned i = 0; i < what->set->count; i++)
		count += 1 + what->set->pieces[i].beside.count;
	fds = calloc(count, sizeof(*fds));
	if (!fds)
		_exit(ENOMEM);
	fds[used++] = what->fd;
	for (unsigned i = 0; i < what->set->count; i++) {
		const struct aet_fd_list *beside = &what->set->pieces[i].beside;

		fds[used++] = what->set->pieces[i].fd;
		for (unsigned k = 0; k < beside->count; k++)
			fds[used++] = beside->fds[k];
	}
	qsort(fds, used, sizeof(*fds), compare);
	for (unsigned i = 0; i < used; i++) {
		if (fds[i] < (int)next)
			continue;
		if (fds[i] > (int)next)
			(void)syscall(SYS_close_range, next, (unsigned)fds[i] - 1, 0);
		next = (unsigned)fds[i] + 1;
	}
	(void)syscall(SYS_close_range, next, ~0u, 0);
	free(fds);
}

/* The exit status is the errno. */
__attribute__((noreturn)) static void work(const struct aet_state_write *what)
{
	struct aet_state_set set = *what->set;
	struct aet_state_file_flaw flaw;
	int result;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY);
	close_others(what);
	if (what->reads)
		result = aet_state_file_fill(what->fd, &set, &flaw);
	else if (what->path)
		result = aet_state_disk_write(what->path, what->set, what->why, what->refused);
	else
		result = aet_state_file_write(what->fd, what->set, what->why);
	_exit(result < 0 ? -result & 0xff : 0);
}

int aet_state_writer_begin(const struct aet_state_write *what)
{
	struct writer *writer = NULL;
	pid_t pid;

	for (unsigned i = 0; i < AET_STATE_WRITERS && !writer; i++)
		if (writers[i].pid == 0)
			writer = &writers[i];
	if (!writer)
		return -EBUSY;
	pid = fork();
	if (pid == 0)
		work(what);
	if (pid < 0)
		return -errno;
	*writer = (struct writer){.pid = pid, .done = what->done, .data = what->data};
	return 0;
}

bool aet_state_writer_reaped(pid_t pid, int status)
{
	for (unsigned i = 0; i < AET_STATE_WRITERS; i++) {
		struct writer ended = writers[i];

		if (ended.pid != pid)
			continue;
		writers[i] = (struct writer){0};
		ended.done(ended.data, WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR);
		return true;
	}
	return false;
}

bool aet_state_writer_is(pid_t pid)
{
	for (unsigned i = 0; i < AET_STATE_WRITERS; i++)
		if (pid > 0 && writers[i].pid == pid)
			return true;
	return false;
}
