#include "core/page_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/lib.h"
#include "core/table.h"
#include "sys.h"

static long lock_byte(int operation, struct flock *lock, short type, uint32_t generation)
{
	*lock = (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = generation, .l_len = 1};
	return AET_SYS3(fcntl, aet_lib.page_fd, operation, lock);
}

void aet_page_lock_take(int fd)
{
	struct flock lock;

	aet_fd_unhide_close(&aet_lib.page_fd);
	aet_lib.page_fd = aet_fd_hide(fd, true);
	if (aet_lib.page_fd < 0)
		(void)AET_SYS1(close, fd);
	else
		(void)lock_byte(F_OFD_SETLK, &lock, F_RDLCK, aet_lib.generation);
}

bool aet_page_lock_is_held(uint32_t generation)
{
	struct flock lock;

	return aet_lib.page_fd < 0 || lock_byte(F_OFD_GETLK, &lock, F_WRLCK, generation) < 0 ||
		lock.l_type != F_UNLCK;
}
