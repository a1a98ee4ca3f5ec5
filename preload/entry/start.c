/*
 * The constructor. It copies its variables from the environment, which programs overwrite
 * (setproctitle), marks inherited listeners, and connects core/ with the rooms above it. It makes
 * no thread and keeps no descriptor: every git and ffmpeg that the program starts runs it too.
 */
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "connections/conn.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/table.h"
#include "core/upcalls.h"
#include "entry/fork.h"
#include "entry/handler.h"
#include "entry/main_end.h"
#include "entry/reconcile.h"
#include "state/state.h"
#include "sys.h"

#define INHERITED_SCAN 61 /* at start it looks for listeners among descriptors 3..63 */

static const char *find_env(char **env, const char *name)
{
	for (; env && *env; env++) {
		const char *e = *env;
		const char *n = name;

		while (*n && *e == *n)
			e++, n++;
		if (*n == '\0' && *e == '=')
			return e + 1;
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* AETERNA_CONTROL=<32 hex digits of token>:<abstract name> */
static bool parse_control(const char *text)
{
	unsigned i;

	for (i = 0; i < 16; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		aet_lib.credential.token[i] = (uint8_t)(high << 4 | low);
	}
	if (text[32] != ':' || !text[33])
		return false;
	for (i = 0; text[33 + i]; i++) {
		if (i >= sizeof(aet_lib.control) - 2)
			return false;
		aet_lib.control[i] = text[33 + i];
	}
	aet_lib.control[i] = '\0';
	return true;
}

static int count_inherited(const char *text)
{
	int count = text && *text ? 1 : 0;

	for (; text && *text; text++)
		count += *text == ',';
	return count;
}

/* Inherited listening sockets may be kept ones. One poll(2) shows which descriptors are open, so
 * that a helper without any pays for a single call. */
static void mark_inherited(void)
{
	struct pollfd fds[INHERITED_SCAN];

	for (int i = 0; i < INHERITED_SCAN; i++)
		fds[i] = (struct pollfd){.fd = 3 + i};
	if (AET_SYS3(poll, fds, INHERITED_SCAN, 0) < 0)
		return;
	for (int i = 0; i < INHERITED_SCAN; i++) {
		int listening = 0;
		int length = sizeof(listening);

		if (fds[i].revents & POLLNVAL)
			continue;
		if (AET_SYS5(getsockopt, fds[i].fd, SOL_SOCKET, SO_ACCEPTCONN, &listening,
			    &length) < 0)
			continue;
		if (listening || i < aet_lib.inherited_fds)
			aet_mark_set(fds[i].fd, AET_MARK_UNCLAIMED);
	}
}

static void choose_floor(void)
{
	struct rlimit limit = {0};
	unsigned long soft = 1024;

	if (AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, 0, &limit) == 0)
		soft = limit.rlim_cur;
	soft = AET_MIN(soft, 4096ul);
	aet_fd_floor = soft > 512 ? (int)soft - 256 : (int)(soft / 2);
}

/* glibc has pthread_atfork only as a static stub over __register_atfork; musl has the function. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso)
	__attribute__((weak));
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
	__attribute__((weak));

const char *gnu_get_libc_version(void) __attribute__((weak));
extern char **environ __attribute__((weak));

static const struct aet_upcalls upcalls = {
	.on_signal = aet_handler_on_signal,
	.reconcile = aet_reconcile_locked,
	.on_slot = aet_conns_begin,
	.on_joined = aet_state_on_joined,
	.on_wanted = aet_state_on_wanted,
};

__attribute__((constructor)) static void start(int argc, char **argv, char **env)
{
	const char *control;
	const char *generation;

	(void)argc;
	(void)argv;
	aet_upcalls = upcalls;
	/* glibc passes main's arguments to constructors, and may not have set environ yet; musl
	 * passes nothing, and has. */
	if (!gnu_get_libc_version)
		env = environ;
	control = find_env(env, "AETERNA_CONTROL");
	generation = find_env(env, "AETERNA_GENERATION");
	aet_real_resolve();
	if (!control || !generation || !parse_control(control))
		return;
	for (; *generation >= '0' && *generation <= '9'; generation++)
		aet_lib.generation = aet_lib.generation * 10 + (uint32_t)(*generation - '0');
	aet_lib.credential.generation = aet_lib.generation;
	aet_lib.inherited_fds = count_inherited(find_env(env, "AETERNA_FDS"));
	aet_lib.owner = (int)AET_SYS0(getpid);
	choose_floor();
	mark_inherited();
	if (__register_atfork)
		(void)__register_atfork(NULL, aet_fork_in_parent, aet_fork_in_child, NULL);
	else if (pthread_atfork)
		(void)pthread_atfork(NULL, aet_fork_in_parent, aet_fork_in_child);
	aet_main_end_watch();
	aet_lib.active = true;
	aet_lib.joins_alone = find_env(env, "AETERNA_READY") != NULL;
	aet_state_start();
}
