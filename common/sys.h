/*
 * Raw system calls, returning -errno: what the library uses for its own work, so that it neither
 * runs into its own hooks nor touches the program's errno. All async-signal-safe.
 */
#ifndef AET_SYS_H
#define AET_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "aeterna runs on x86-64 Linux so far: the system call and signal frame glue is missing here"
#endif

static inline long aet_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define AET_SYS(nr, a, b, c, d, e, f)                                                              \
	aet_syscall6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define AET_SYS0(name)                AET_SYS(SYS_##name, 0, 0, 0, 0, 0, 0)
#define AET_SYS1(name, a)             AET_SYS(SYS_##name, a, 0, 0, 0, 0, 0)
#define AET_SYS2(name, a, b)          AET_SYS(SYS_##name, a, b, 0, 0, 0, 0)
#define AET_SYS3(name, a, b, c)       AET_SYS(SYS_##name, a, b, c, 0, 0, 0)
#define AET_SYS4(name, a, b, c, d)    AET_SYS(SYS_##name, a, b, c, d, 0, 0)
#define AET_SYS5(name, a, b, c, d, e) AET_SYS(SYS_##name, a, b, c, d, e, 0)

#endif
