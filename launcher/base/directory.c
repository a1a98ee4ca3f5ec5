#include "base/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"

void aet_directory_open(struct aet_directory *directory, const char *path)
{
	directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory->at = directory->length = 0;
}

/* struct dirent is what getdents64(2) writes: 64-bit offsets are the only ones on this ABI. */
const char *aet_directory_next(struct aet_directory *directory)
{
	const struct dirent *entry;

	if (directory->at >= directory->length) {
		long got = directory->fd < 0
			? -1
			: syscall(SYS_getdents64, directory->fd, directory->entries,
				  sizeof(directory->entries));

		if (got <= 0)
			return NULL;
		directory->at = 0;
		directory->length = (size_t)got;
	}
	entry = (const void *)(directory->entries + directory->at);
	directory->at += entry->d_reclen;
	return entry->d_name;
}

void aet_directory_close(struct aet_directory *directory)
{
	aet_fd_close(&directory->fd);
}
