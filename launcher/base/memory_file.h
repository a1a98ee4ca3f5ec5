/*
 * A file in memory without a name: a memfd, or where there is no memfd_create(2) (Linux before 3.17,
 * a sandbox) a POSIX shared memory object that is unlinked at once.
 */
#ifndef AET_MEMORY_FILE_H
#define AET_MEMORY_FILE_H

/* A descriptor, CLOEXEC, the caller's; or -errno. The name is for /proc alone. A memfd can be
 * sealed; the other kind cannot (fcntl(2): F_ADD_SEALS is EPERM). */
int aet_memory_file(const char *name);

#endif
