/*
 * The functions behind the hooks, found by RTLD_NEXT, so that other preloads and sanitizers keep
 * working. Each entry starts as a trampoline that resolves the whole table, because constructors of
 * other libraries call the hooks before ours has run. There is no lock: concurrent callers store
 * the same values, each in one piece. The library's own work uses the raw calls of sys.h.
 */
#ifndef AET_REAL_H
#define AET_REAL_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

#include "util.h"

struct stat;
struct stat64;
struct statx;

struct aet_real {
#define HOOK(name, type, parameters, arguments) type(*name) parameters;
#include "core/hooks.def"
#undef HOOK
	int (*clock_gettime)(clockid_t clock, struct timespec *ret_time);
};

extern struct aet_real aet_real;

/* AET_REAL(close)(fd) calls the function behind the hook of close(). */
#define AET_REAL(name) AET_READ(aet_real.name)

/* Fills the table. Idempotent; called by the constructor and by the first trampoline. */
void aet_real_resolve(void);

/* The calling thread's errno. */
int *__errno_location(void);
#define aet_errno (*__errno_location())

#endif
