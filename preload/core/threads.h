/*
 * The threads of this process, as /proc lists them. Raw system calls alone: a handler may ask.
 */
#ifndef AET_THREADS_H
#define AET_THREADS_H

#include <stdbool.h>

#define AET_THREAD_NAME 16 /* of comm, with its NUL: proc_pid_comm(5) */

/* Calls visit for each. False: there is no /proc here (chroot), or it cannot be read. */
bool aet_threads_visit(void (*visit)(int thread_id, void *data), void *data);

/* The beginning of its file in /proc ("/stat"), as a text; the empty one where there is none. */
void aet_thread_read(int thread_id, const char *file, char *ret_text, long size);

/* The thread's name; the empty one where it has ended. */
void aet_thread_name(int thread_id, char ret_name[AET_THREAD_NAME]);

/* True while it waits for something: 'S' of proc_pid_stat(5). */
bool aet_thread_sleeps(int thread_id);

/* No other thread shares this memory. */
bool aet_thread_is_alone(void);

#endif
