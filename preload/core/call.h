/*
 * The system call that a signal interrupted, by the frame the kernel saved for the handler.
 */
#ifndef AET_CALL_H
#define AET_CALL_H

enum aet_call_end {
	AET_CALL_NONE, /* none was */
	AET_CALL_AGAIN, /* it is about to be made again: SA_RESTART, or it had not begun */
	AET_CALL_FAILED, /* it fails with EINTR all the same, signal(7) */
};

struct aet_call {
	enum aet_call_end end;
	long number; /* -1: it cannot be told, as where a libc has one stub for all */
};

/* context: the third argument of a SA_SIGINFO handler, as it came. Async-signal-safe. */
struct aet_call aet_call_of(const void *context);

#endif
