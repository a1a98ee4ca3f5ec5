#include "swap/made_by.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "process/generation.h"

#define STATX_BTIME_WANTED 0x800u /* linux/stat.h, which musl does not have */
#define MS_A_SECOND        1000

/* struct statx, as far as it is read. */
struct born {
	uint32_t mask;
	uint32_t others[15];
	struct {
		int64_t seconds;
		uint32_t nanoseconds;
		int32_t reserved;
	} times[4]; /* atime, btime, ctime, mtime */
	uint8_t rest[128];
};

_Static_assert(sizeof(struct born) == 256, "statx");

/* When the file was made, by the clock of the day; 0: the file system does not know. */
static uint64_t birth_ms(const char *path)
{
	struct born born = {0};

	if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_BTIME_WANTED, &born) < 0 ||
		!(born.mask & STATX_BTIME_WANTED))
		return 0;
	return (uint64_t)born.times[1].seconds * MS_A_SECOND + born.times[1].nanoseconds / 1000000;
}

bool aet_made_by_generation(
	const struct aet_address *address, const struct aet_generation *generation)
{
	const struct sockaddr_un *un = (const void *)address->bytes;
	char path[sizeof(un->sun_path) + 1] = "";
	struct timespec now = {0};
	uint64_t age_ms = aet_now_ms() - generation->born_ms;
	uint64_t born_ms;
	char *slash;

	if (address->family != AF_UNIX || un->sun_path[0] != '/')
		return false;
	(void)snprintf(path, sizeof(path), "%.*s", (int)sizeof(un->sun_path), un->sun_path);
	slash = strrchr(path, '/');
	slash[slash == path] = '\0';
	born_ms = birth_ms(path);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	/* The clock of file systems is behind: what seems to be older is in doubt. */
	return born_ms >=
		(uint64_t)now.tv_sec * MS_A_SECOND + (uint64_t)now.tv_nsec / 1000000 - age_ms;
}
