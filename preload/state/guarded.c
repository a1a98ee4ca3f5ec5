#include "state/guarded.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "aeterna/module.h"
#include "core/export.h"
#include "core/lib.h"
#include "sys.h"
#include "util.h"

#define RANGES_MAX 64

static struct {
	uintptr_t at;
	uint64_t length;
} ranges[RANGES_MAX];

static _Atomic unsigned count;

void aet_guarded_release(void)
{
	unsigned all;

	if (AET_LIKELY(atomic_load(&count) == 0))
		return;
	all = atomic_exchange(&count, 0);
	for (unsigned i = 0; i < all; i++)
		(void)AET_SYS3(mprotect, ranges[i].at, ranges[i].length, PROT_READ | PROT_WRITE);
}

/* In the main thread alone, during a load: nobody releases at the same time. */
EXPORT int aeterna_guard(void *at, uint64_t length)
{
	unsigned place = atomic_load(&count);
	long result;

	if (!aet_lib.active || aet_role() == AET_ROLE_SERVE)
		return 0;
	if (place == RANGES_MAX)
		return -ENOSPC;
	ranges[place].at = (uintptr_t)at;
	ranges[place].length = length;
	result = AET_SYS3(mprotect, at, length, PROT_READ);
	if (result < 0)
		return (int)result;
	atomic_store(&count, place + 1);
	if (aet_role() == AET_ROLE_SERVE)
		aet_guarded_release();
	return 0;
}
