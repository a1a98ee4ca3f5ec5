/*
 * Start-up: environment strings are copied, because programs overwrite their environment
 * (setproctitle), and inherited listeners are marked. No thread, handler or descriptor: every
 * git and ffmpeg the program starts runs this too.
 */
#include "core/lib.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "entry/reconcile.h"
#include "core/fork.h"
#include "core/real.h"
#include "entry/signals.h"
#include "entry/turned_away.h"
#include "state/state.h"
#include "sys.h"
#include "core/table.h"

#define INHERITED_SCAN 61 /* descriptors 3..63 are looked at for listeners at start */

struct aet_lib aet_lib = {.lifeline = -1};
__thread volatile int aet_interrupted __attribute__((tls_model("initial-exec")));

__thread volatile int aet_waiting __attribute__((tls_model("initial-exec")));

/* futex(2): a waiter marks the lock contended, so that only then somebody has to be woken. */
enum { FREE, LOCKED, CONTENDED };

__thread bool aet_lock_unblocks __attribute__((tls_model("initial-exec")));

static _Atomic int lock_word;
static _Atomic int reconcile_again;

void aet_copy(void *to, const void *from, unsigned long length)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

#if !__STDC_HOSTED__
/* gcc emits calls to these for large structs even in freeplaceholderg code. The tests' build is an
 * ordinary one and has them. */
void *memcpy(void *to, const void *from, unsigned long length);
void *memset(void *to, int byte, unsigned long length);

__attribute__((visibility("hidden"))) void *memcpy(void *to, const void *from, unsigned long length)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
	return start;
}

__attribute__((visibility("hidden"))) void *memset(void *to, int byte, unsigned long length)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
	return start;
}
#endif

bool aet_is_owner(void)
{
	return AET_SYS0(getpid) == aet_lib.owner;
}

static bool try_lock(void)
{
	int free = FREE;

	return atomic_compare_exchange_strong(&lock_word, &free, LOCKED);
}

void aet_lock(uint64_t *ret_mask)
{
	uint64_t all = ~0ull;

	(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &all, ret_mask, 8);
	if (try_lock())
		return;
	while (atomic_exchange_explicit(&lock_word, CONTENDED, memory_order_acquire) != FREE)
		(void)AET_SYS4(futex, &lock_word, FUTEX_WAIT_PRIVATE, CONTENDED, 0);
}

void aet_unlock_in_handler(void)
{
	do {
		while (atomic_exchange(&reconcile_again, 0))
			aet_reconcile_locked();
		if (atomic_exchange(&lock_word, FREE) == CONTENDED)
			(void)AET_SYS3(futex, &lock_word, FUTEX_WAKE_PRIVATE, 1);
		aet_turned_away_kick(); /* after the release: they try the lock at once */
		/* A note left between the last look and the release has nobody else to read it. */
	} while (atomic_load(&reconcile_again) && try_lock());
}

void aet_unlock(const uint64_t *mask)
{
	uint64_t before = *mask;

	aet_unlock_in_handler();
	if (AET_UNLIKELY(aet_lock_unblocks))
		aet_signals_strip(&before);
	aet_lock_unblocks = false;
	(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &before, 0, 8);
}

void aet_note_reconcile(void)
{
	atomic_store(&reconcile_again, 1);
}

bool aet_trylock_in_handler(void)
{
	return try_lock();
}

void aet_lock_after_fork(void)
{
	atomic_store(&lock_word, FREE);
	atomic_store(&reconcile_again, 0);
}

bool aet_goes_on(int saved_errno)
{
	if (AET_LIKELY(!aet_interrupted) || aet_errno != EINTR)
		return false;
	aet_interrupted = 0;
	aet_errno = saved_errno;
	return true;
}

enum aet_role aet_role(void)
{
	struct aet_page *page = AET_READ(aet_lib.page);

	return page ? aet_word_role(atomic_load(&page->word), aet_lib.generation) : AET_ROLE_SERVE;
}

/* --- start-up --- */

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

/* Listening sockets we were started with may be kept ones: one poll(2) tells which descriptors
 * are open at all, so that a helper with none pays for a single call. */
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

__attribute__((constructor)) static void start(int argc, char **argv, char **env)
{
	const char *control;
	const char *generation;

	(void)argc;
	(void)argv;
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
	aet_lib.active = true;
	aet_lib.joins_alone = find_env(env, "AETERNA_READY") != NULL;
	aet_state_start();
}
