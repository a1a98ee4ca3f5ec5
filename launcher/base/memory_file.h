/*
 * A file in memory without a name: a memfd; without memfd_create(2) (Linux before 3.17, a sandbox),
 * a POSIX shared memory object that is unlinked at once.
 */
#ifndef AET_MEMORY_FILE_H
#define AET_MEMORY_FILE_H

/* A CLOEXEC descriptor that the caller closes; or -errno. Only /proc shows the name. A memfd can be
 * sealed; the other kind cannot (fcntl(2): F_ADD_SEALS is EPERM). */
int aet_memory_file(const char *name);

#endif
