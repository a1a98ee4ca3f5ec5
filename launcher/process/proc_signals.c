#include "process/proc_signals.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_file.h"

#define FIRST 36 /* as in preload/core/signals.c */
#define LAST  62

bool aet_proc_signals_are_taken(pid_t pid)
{
	const uint64_t all = ((UINT64_C(1) << (LAST - FIRST + 1)) - 1) << (FIRST - 1);
	char path[32];
	char text[8192];
	const char *line;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	line = strstr(text, "\nSigCgt:");
	return line && (strtoull(line + 8, NULL, 16) & all) == all;
}
