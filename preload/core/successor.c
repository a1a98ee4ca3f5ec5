#include "core/successor.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core/frozen.h"
#include "core/lib.h"
#include "core/table.h"
#include "sys.h"

static long lock_byte(int operation, struct flock *lock, short type, uint32_t generation)
{
	*lock = (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = generation, .l_len = 1};
	return AET_SYS3(fcntl, aet_lib.page_fd, operation, lock);
}

void aet_successor_take_page(int fd)
{
	struct flock lock;

	aet_fd_unhide_close(&aet_lib.page_fd);
	aet_lib.page_fd = aet_fd_hide(fd, true);
	if (aet_lib.page_fd < 0)
		(void)AET_SYS1(close, fd);
	else
		(void)lock_byte(F_OFD_SETLK, &lock, F_RDLCK, aet_lib.generation);
}

/* What cannot be found out counts as alive: the decided word stands. */
static bool is_alive(uint32_t generation)
{
	struct flock lock;

	return aet_lib.page_fd < 0 || lock_byte(F_OFD_GETLK, &lock, F_WRLCK, generation) < 0 ||
		lock.l_type != F_UNLCK;
}

static bool is_probation_over(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 >=
		atomic_load(&aet_lib.page->frozen_until_ms);
}

void aet_successor_look(void)
{
	if (aet_is_joined() || !aet_frozen_is_replaced())
		return;
	if (!is_alive(aet_word_serving(atomic_load(&aet_lib.page->word)))) {
		/* Whoever sleeps on the word may be in any process of this generation. */
		if (aet_page_take_back(aet_lib.page, aet_lib.generation))
			(void)AET_SYS4(futex, &aet_lib.page->word, FUTEX_WAKE, INT_MAX, NULL);
	} else if (is_probation_over()) {
		(void)AET_SYS2(kill, aet_lib.owner, SIGKILL);
	}
}
