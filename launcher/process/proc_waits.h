/*
 * What a process waits for, seen from outside in /proc: for programs that load no library, and for
 * waits that pass no hook.
 */
#ifndef AET_PROC_WAITS_H
#define AET_PROC_WAITS_H

#include <stdbool.h>
#include <sys/types.h>

struct aet_generation;
struct aet_listener;

/* Some process of the generation watches the listener with epoll, or sleeps in accept on it. */
bool aet_proc_waits_wants(
	const struct aet_generation *generation, const struct aet_listener *listener);

/* Some thread of the process sleeps in recvfrom, recvmsg or read. Where the launcher may not read
 * /proc (another user, no ptrace right) the answer is yes: its bind() must be proof enough. */
bool aet_proc_waits_receives(pid_t pid);

#endif
