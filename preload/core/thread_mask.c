#include "core/thread_mask.h"

#include <stddef.h>
#include <stdint.h>

#include "core/threads.h"

#define STATUS_MAX 4096 /* of proc_pid_status(5): the lines up to SigBlk have half of that */

/* What follows this key in the text, or NULL. */
static const char *find(const char *text, const char *key)
{
	for (; *text; text++) {
		const char *a = text;
		const char *b = key;

		while (*b && *a == *b)
			a++, b++;
		if (!*b)
			return a;
	}
	return NULL;
}

static uint64_t hex(const char *text)
{
	uint64_t value = 0;

	for (;; text++) {
		if (*text >= '0' && *text <= '9')
			value = value << 4 | (uint64_t)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			value = value << 4 | (uint64_t)(*text - 'a' + 10);
		else
			return value;
	}
}

bool aet_thread_mask_lets(int thread_id, int signal)
{
	char text[STATUS_MAX] = {0};
	const char *mask;

	aet_thread_read(thread_id, "/status", text, sizeof(text));
	mask = find(text, "\nSigBlk:\t");
	return mask && !(hex(mask) >> (signal - 1) & 1);
}
