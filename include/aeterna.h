/*
 * What a program may export to hand its state over, and nothing to link against: the library finds
 * both by name in the program (link it with -rdynamic) and in every library it loaded. Either may
 * be missing.
 */
#ifndef AETERNA_H
#define AETERNA_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes the state to fd: a file of its own with `mechanism: shm` (write, or ftruncate and mmap),
 * a stream with `mechanism: pipe` (write only). Returns 0, or a negative errno: the swap is undone.
 * -ENOMEM, -ENOSPC and -EFBIG are told as no_memory, others as dump_failed.
 *
 * Runs in a forked copy of the process, which no request is in flight in, while its main thread
 * waits in a system call; threads other than the caller are not there, so a lock one of them holds
 * is never released. Past handoff.timeout the copy is killed and the swap undone. The descriptor
 * is the caller's. What it does to memory is seen by nobody.
 */
int aeterna_dump_state(int fd);

/*
 * Reads the state from fd, from its beginning to the end of file, before this generation serves.
 * Returns 0, or a negative errno: the swap is undone and this process is killed.
 *
 * Runs in the waiting process itself, in its main thread, while that waits in a system call. The
 * bytes have been checked. The descriptor is the caller's.
 */
int aeterna_load_state(int fd);

#ifdef __cplusplus
}
#endif

#endif
