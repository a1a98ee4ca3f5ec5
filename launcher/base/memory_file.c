#include "base/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOEXEC_SEAL                                                                                \
	0x8u /* MFD_NOEXEC_SEAL: required where vm.memfd_noexec is 2; EINVAL before 6.3 */

static int by_name(void)
{
	static unsigned number;
	char name[48];
	int fd;

	(void)snprintf(name, sizeof(name), "/aeterna-%d-%u", (int)getpid(), ++number);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -errno;
	(void)shm_unlink(name);
	return fd;
}

int aet_memory_file(const char *name)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return by_name();
	return fd < 0 ? -errno : fd;
}
