#include "process/proc_fds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/directory.h"
#include "process/member.h"

struct reading {
	struct aet_inode_set set;
	int error;
};

struct trial {
	bool any;
	bool failed;
};

/* The kernel asks for the same right for every link of a process, proc(5). */
static void try_process(const struct aet_member *member, void *data)
{
	struct trial *trial = data;
	char path[32];
	char target[8];

	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)member->pid);
	if (readlink(path, target, sizeof(target)) < 0)
		trial->failed = true;
	trial->any = true;
}

bool aet_proc_fds_is_readable(const struct aet_generation *generation)
{
	struct trial trial = {0};

	aet_members_visit(generation->number, try_process, &trial);
	return trial.any && !trial.failed;
}

static int read_link(
	const struct aet_directory *directory, const char *name, struct aet_inode_set *set)
{
	char target[64];
	uint32_t inode;
	ssize_t length = readlinkat(directory->fd, name, target, sizeof(target) - 1);

	if (length < 0)
		return errno == EACCES || errno == EPERM ? -EACCES : 0;
	target[length] = '\0';
	if (sscanf(target, "socket:[%u]", &inode) != 1)
		return 0;
	return aet_inodes_add(set, inode);
}

static void read_process(pid_t pid, void *data)
{
	struct reading *reading = data;
	struct aet_directory directory;
	char path[32];
	const char *name;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	aet_directory_open(&directory, path);
	if (directory.fd < 0 && (errno == EACCES || errno == EPERM))
		reading->error = -EACCES;
	while (reading->error == 0 && (name = aet_directory_next(&directory)))
		if (name[0] != '.')
			reading->error = read_link(&directory, name, &reading->set);
	aet_directory_close(&directory);
}

int aet_proc_fds_read(const struct aet_generation *generation, struct aet_inode_set *ret_set)
{
	struct reading reading = {0};

	(void)aet_generation_visit(generation, read_process, &reading);
	if (reading.error < 0) {
		free(reading.set.inodes);
		return reading.error;
	}
	aet_inodes_sort(&reading.set);
	*ret_set = reading.set;
	return 0;
}
