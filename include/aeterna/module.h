/*
 * What the library offers to a language module that has state to hand over (docs/state.md). The
 * functions are exported by libaeterna_preload.so: a module looks for them at run time, and takes
 * their absence for not being under the launcher.
 */
#ifndef AETERNA_MODULE_H
#define AETERNA_MODULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AETERNA_STEP_DUMP     1
#define AETERNA_STEP_LOAD     2
#define AETERNA_STEP_SIZE     3
#define AETERNA_STEP_NAMES    4 /* which names lead somewhere */
#define AETERNA_STEP_DESCRIBE 5 /* the same, and what is there */
#define AETERNA_STEP_ATTACH   6 /* by the library itself: it brings the hooks to an interpreter */

#define AETERNA_SHM  1
#define AETERNA_PIPE 2

#define AETERNA_COMPARE  0x1u /* flags of a dump: it will be compared, object by object */
#define AETERNA_SNAPSHOT 0x2u /* ... the process goes on when the hook has forked */
#define AETERNA_KEEP     0x4u /* of a load: nobody serves, what finds no place is held as pending */
#define AETERNA_MERGED   0x8u /* of a dump: it answers on after the commit, and its changes follow */
#define AETERNA_CHANGES  0x10u /* ... those changes: since the dump that comes with it */
#define AETERNA_MERGE    0x20u /* of a load: such changes, for a process that serves */

#define AETERNA_FDS_LIMIT 65536 /* descriptors that travel beside a container */
#define AETERNA_FDS_MAX   28 /* of them, in the request itself */

struct aeterna_request {
	uint32_t size; /* of this struct; it grows at its end */
	uint32_t step; /* AETERNA_STEP_* */
	uint32_t mechanism; /* AETERNA_SHM: fd is a memfd; AETERNA_PIPE: a stream */
	int32_t fd; /* the callee does not close it */
	uint64_t capacity; /* dump, shm: bytes of the memfd that are there already */
	uint64_t generation; /* dump: the writer's own; load: the one in the container */
	uint8_t run_id[16]; /* of the launcher, in every container of its */
	uint32_t fd_count; /* load, changes: descriptors that came with it, of which the first */
	int32_t fds[AETERNA_FDS_MAX]; /* are here, the callee's from now on: aeterna_take_fds() */
	uint32_t flags; /* AETERNA_COMPARE, ... */
};

/*
 * Called in the main thread, at one of its blocking system calls, with all signals blocked.
 *
 * dump: the process is gated and quiet. It forks and returns the child's pid: the process then
 * stands still until the swap is decided. The child writes the container, reports, closes the
 * request's fd, calls aeterna_await_decision(), and ends by _exit(0). 0: done in place, and
 * reported; below 0: -errno, it failed.
 * With AETERNA_SNAPSHOT the process goes on at once. The library forks once more, so that the child is
 * none of the program's; in it sockets and pipes have ended, and aeterna_await_decision() returns.
 * load: the process waits to serve. 0, or -errno.
 *
 * AETERNA_MERGED: requests are in flight, and the process finishes them after the commit. The dump
 * fails with the reason "busy" where what they change could not be merged.
 * AETERNA_CHANGES: they are over, and the process goes on when its child has ended. fds[0] is the
 * sealed container of that dump, a file whatever the mechanism; those beside it follow.
 * AETERNA_MERGE: changes that an older generation made, each once. The process serves meanwhile.
 */
typedef int aeterna_hook(const struct aeterna_request *request);

/* This process has state from now on. Either may be NULL. 0, or -errno. Any thread. */
int aeterna_attach(aeterna_hook *dump, aeterna_hook *load);

/*
 * About how many bytes a dump would have now; 0: nobody knows. Called as the other hooks are, but of a
 * process that serves: it may take a millisecond. By what it says the memory of the first dump is there
 * before the gate. 0, or -errno. Any thread.
 */
typedef uint64_t aeterna_size_hook(void);
int aeterna_attach_size(aeterna_size_hook *size);

/*
 * What this process knows of its state, for people: lines of text in fd (docs/state.md), which the
 * callee does not close. Called like size. NAMES: in place, a few milliseconds at most; 0, or
 * -errno. DESCRIBE: it forks and returns the child's pid; the process goes on at once. The child is
 * a copy that the program cannot wait for and that has none of its connections. It writes, calls
 * aeterna_described(), and ends by _exit(). 0, or -errno. Any thread.
 */
typedef int aeterna_describe_hook(uint32_t step, int fd);
int aeterna_attach_describe(aeterna_describe_hook *describe);
int aeterna_described(int fd);

/*
 * Called whenever the program wants to take connections from one more listener, before the first one
 * can come: the program has started. In the thread that wants to, inside its epoll_ctl, poll, select
 * or accept, with all signals blocked. It takes a millisecond at most. 0, or -errno. Any thread.
 */
typedef void aeterna_start_hook(void);
int aeterna_attach_start(aeterna_start_hook *start);

/* Counts work in flight that is no request in (1) or out (-1): a dump waits for it. Any thread;
 * async-signal-safe. */
void aeterna_busy(int by);

/* Of the requests in flight one more (1) or one less (-1) touches the state no more: a dump does
 * not wait for it, and the old generation finishes it after the commit. One less before its last
 * bytes are sent: with them it is in flight no more, and would be taken off twice. As above. */
void aeterna_detached(int by);

/*
 * The outcome of the step in hand: error 0, or an errno with one of the words of docs/state.md and
 * a sentence (at most 159 bytes travel). fds, after a dump: what its rows name by number; they stay
 * the caller's. 0, or -errno: the launcher did not hear it. From the hook or from the dump's child.
 */
int aeterna_report(
	int error, const char *reason, const char *text, const int32_t *fds, uint32_t fd_count);

/* The same for a load with AETERNA_MERGE: how many entries were taken as they came, decided between
 * two versions, and set aside because nothing decided; text names the last. */
int aeterna_report_merge(uint32_t taken, uint32_t decided, uint32_t set_aside, const char *text);

/* Whether changes could be merged, as far as can be seen now (1) or not (0): from the size hook. */
void aeterna_mergeable(int can_merge);

/*
 * From the dump hook: the process stands still here until the swap is decided, and no thread of it
 * runs. A hook calls one of them itself, and does nothing in between, where it holds a lock that
 * keeps others from writing: an interpreter's. Else the library does it after the hook.
 * stand_still: after the fork, with the child's pid, which it returns; in the child it returns 0 at
 * once. report_standing: a state that was written in place is reported as whole first.
 */
int aeterna_stand_still(int child);
int aeterna_report_standing(const int32_t *fds, uint32_t fd_count);

/*
 * From either hook: a file that the caller closes, with what the configuration asks for now, which may
 * be more or less than at the start of this process; or -errno, -EOPNOTSUPP from an older launcher.
 * Each line is a word, a space and a name: "state NAME", one of handoff.state; "discard NAME", which
 * the user gives up. "discard" alone: all.
 */
int aeterna_names(void);

/*
 * From the load hook, before its report: what became of each section of the container, `count` times
 * struct aet_section_note (state.h) in a file that stays the caller's. What is not in it counts as
 * missing. Without this call the sections count as taken. 0, or -errno.
 */
int aeterna_sections(int fd, uint32_t count);

/*
 * From the dump's child, when it has reported and closed the request's fd: returns when the swap is
 * decided. The end of a large process takes time that those who wait for the load have use for.
 */
void aeterna_await_decision(void);

/*
 * From the load hook: count of the descriptors that came with the container, from first on, in
 * batches; they are the callee's. 0, or -errno and none: -EMFILE at the program's RLIMIT_NOFILE.
 */
int aeterna_take_fds(uint32_t first, int32_t *ret_fds, uint32_t count);

/*
 * 1: this process's generation serves; 0: it waits for its swap to be decided, or was replaced.
 * Until a load is followed by the commit, sockets that came with it are the other generation's
 * still, and may not be read or written. Any thread; async-signal-safe.
 */
int aeterna_serving(void);

/* Sleeps until this process's generation serves: 1. 0: it never will, or it was replaced meanwhile.
 * Any thread. */
int aeterna_await_serving(void);

/*
 * During a load: this memory, whole pages that the process has mapped for reading and writing, is read
 * only until this generation serves, because the old one maps it as well. 0, or -errno.
 */
int aeterna_guard(void *at, uint64_t length);

/*
 * Copies length bytes and stores the CRC-32C of each leaf of 1 MiB; to NULL: reads only; leaves
 * NULL: copies only. Any thread; async-signal-safe.
 */
void aeterna_copy_checked(void *to, const void *from, uint64_t length, uint32_t *leaves);

#ifdef __cplusplus
}
#endif

#endif
