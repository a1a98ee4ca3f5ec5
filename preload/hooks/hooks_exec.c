/*
 * Hooks of the calls by which a process becomes another program. A handler does not outlive them, and a
 * signal that is pending then does, execve(2): ours would end the new program. So a member is silent from
 * here on; its lifeline closes with the call.
 */
#include <stdbool.h>
#include <unistd.h>

#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/signals.h"

static bool become_silent(void)
{
	if (!aet_is_joined() || !aet_is_owner()) /* a vfork(2) child raises nothing here */
		return false;
	aet_signals_detach(aet_lib.lifeline);
	return true;
}

/* The call failed: whatever happened meanwhile is in the page. */
static int go_on(bool was_silent, int result)
{
	int saved = aet_errno;

	if (was_silent) {
		aet_signals_attach(aet_lib.lifeline);
		aet_reconcile();
	}
	aet_errno = saved;
	return result;
}

EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
	bool silent = become_silent();

	return go_on(silent, AET_REAL(execve)(path, argv, env));
}

EXPORT int execv(const char *path, char *const argv[])
{
	bool silent = become_silent();

	return go_on(silent, AET_REAL(execv)(path, argv));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	bool silent = become_silent();

	return go_on(silent, AET_REAL(execvp)(file, argv));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const env[])
{
	bool silent = become_silent();

	return go_on(silent, AET_REAL(execvpe)(file, argv, env));
}
