#include "state/sigchld.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sys.h"

#define SIGCHLD_BIT (1ull << (SIGCHLD - 1))

bool aet_sigchld_is_pending(void)
{
	uint64_t pending = 0;

	(void)AET_SYS2(rt_sigpending, &pending, 8);
	return pending & SIGCHLD_BIT;
}

void aet_sigchld_take(bool was_pending)
{
	uint64_t sigchld = SIGCHLD_BIT;
	struct timespec none = {0};

	if (!was_pending)
		(void)AET_SYS4(rt_sigtimedwait, &sigchld, NULL, &none, 8);
}
