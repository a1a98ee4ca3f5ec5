#include "state/prefault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HUGE          (2ul << 20)
#define FIRST_FD      3
#define PRIORITY      10 /* nice(2): the program that serves comes first */
#define MADV_COLLAPSE 25 /* madvise(2), Linux 6.1; musl does not have it */

static pid_t worker;

/* One byte in each huge page's place, and the kernel makes the rest of it: cheaper than to allocate
 * small pages and copy them, which MADV_COLLAPSE would otherwise do. */
static bool fault_huge(int fd, uint8_t *at, uint64_t length)
{
	for (uint64_t done = 0; done < length; done += HUGE)
		if (pwrite(fd, "", 1, (off_t)done) != 1 ||
			madvise(at + done, HUGE, MADV_COLLAPSE) < 0)
			return false;
	return true;
}

/* At an address where huge pages can begin. */
static uint8_t *map_aligned(int fd, uint64_t length)
{
	uint8_t *room = mmap(
		NULL, length + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t begin = ((uintptr_t)room + HUGE - 1) & ~(HUGE - 1);

	if (room == MAP_FAILED)
		return MAP_FAILED;
	return mmap((void *)begin, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
}

static void fault(int fd, uint64_t bytes)
{
	uint64_t length = (bytes + HUGE - 1) & ~(HUGE - 1);
	uint8_t *at;

	if (bytes < AET_PREFAULT_LEAST || ftruncate(fd, (off_t)length) < 0)
		return;
	at = map_aligned(fd, length);
	if (at != MAP_FAILED && fault_huge(fd, at, length))
		return;
	(void)fallocate(fd, 0, 0, (off_t)bytes);
}

/* Nothing of the launcher's may outlive it here: its ends of lifelines are how its death is seen. */
__attribute__((noreturn)) static void work(const int *fds, const uint64_t *bytes, unsigned count)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY);
	for (unsigned i = 0; i < count; i++)
		(void)dup2(fds[i], FIRST_FD + (int)i);
	(void)syscall(SYS_close_range, FIRST_FD + count, ~0u, 0);
	for (unsigned i = 0; i < count; i++)
		fault(FIRST_FD + (int)i, bytes[i]);
	_exit(0);
}

int aet_prefault_begin(const int *fds, const uint64_t *bytes, unsigned count)
{
	int high[AET_PREFAULT_FILES];
	bool any = false;
	int result = 0;

	aet_prefault_end();
	for (unsigned i = 0; i < count; i++)
		any = any || bytes[i] >= AET_PREFAULT_LEAST;
	if (!any)
		return 0;
	/* Out of each other's way. */
	for (unsigned i = 0; i < count; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FD + AET_PREFAULT_FILES);
	worker = fork();
	if (worker == 0)
		work(high, bytes, count);
	if (worker < 0)
		result = -errno;
	for (unsigned i = 0; i < count; i++)
		if (high[i] >= 0)
			(void)close(high[i]);
	return result;
}

bool aet_prefault_is_running(void)
{
	return worker > 0;
}

bool aet_prefault_reaped(pid_t pid)
{
	if (worker <= 0 || pid != worker)
		return false;
	worker = 0;
	return true;
}

void aet_prefault_end(void)
{
	if (worker > 0)
		(void)kill(worker, SIGKILL);
	worker = 0; /* it is reaped like any orphan */
}
