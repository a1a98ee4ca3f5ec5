/*
 * struct sigaction as the kernel has it, rt_sigaction(2).
 */
#ifndef AET_KERNEL_ACTION_H
#define AET_KERNEL_ACTION_H

#include <signal.h>
#include <stdint.h>

struct aet_kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define AET_KERNEL_SA_RESTORER 0x04000000ul

#endif
