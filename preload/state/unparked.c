#include "state/unparked.h"

#include <errno.h>
#include <stddef.h>

#include "aeterna/module.h"
#include "core/lib.h"
#include "core/park.h"
#include "core/threads.h"

static char *append(char *at, const char *end, const char *text)
{
	while (*text && at < end)
		*at++ = *text++;
	return at;
}

static char *append_number(char *at, const char *end, int number)
{
	char digits[12];
	int count = sizeof(digits) - 1;

	digits[count] = '\0';
	do
		digits[--count] = (char)('0' + number % 10);
	while ((number /= 10) > 0 && count > 0);
	return append(at, end, digits + count);
}

void aet_unparked_report(const struct aet_unparked *thread)
{
	char text[160];
	const char *end = text + sizeof(text) - 1;
	char name[AET_THREAD_NAME];
	char *at = append(text, end, "process ");

	at = append_number(at, end, aet_lib.owner);
	if (thread->thread_id == 0) {
		at = append(at, end, " has threads that cannot be listed: it needs /proc");
	} else {
		aet_thread_name(thread->thread_id, name);
		at = append(at, end, ", thread ");
		at = append_number(at, end, thread->thread_id);
		at = append(append(append(at, end, " ("), end, name), end, ")");
		at = append(at, end, thread->blocks ? " blocks signal " : " could not be stopped");
		if (thread->blocks)
			at = append(append_number(at, end, aet_lib.signal), end,
				", which stops it: unblock it there");
	}
	*at = '\0';
	(void)aeterna_report(EBUSY, "no_safe_point", text, NULL, 0);
}
