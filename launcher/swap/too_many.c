#include "swap/too_many.h"

#include <errno.h>
#include <stdio.h>

#include "address.h"
#include "base/log.h"
#include "listen/listener.h"

static uint32_t noted; /* the newest generation with too many */
static char first[AET_ADDRESS_TEXT]; /* that it could not keep */

void aet_too_many_note(uint32_t generation, const char *address)
{
	aet_log_warning("cannot keep %s: the launcher keeps at most %d listeners", address,
		AET_LISTENERS_MAX);
	if (generation <= noted)
		return;
	noted = generation;
	(void)snprintf(first, sizeof(first), "%s", address);
}

bool aet_too_many_are(uint32_t generation)
{
	return generation == noted;
}

int aet_too_many_check(uint32_t generation, char *ret_detail, size_t size)
{
	if (!aet_too_many_are(generation))
		return 0;
	(void)snprintf(ret_detail, size,
		"it has more than %d listeners, and %.60s would be lost: service.private names "
		"those that are each version's own",
		AET_LISTENERS_MAX, first);
	return -ENOSPC;
}
