#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "fd.h"
#include "listen/listener.h"
#include "listen/placeholder.h"
#include "base/log.h"
#include "base/open_files.h"
#include "base/wrapper.h"
#include "service/service.h"

#define ENV_FIRST_ROOM  64
#define FIRST_PASSED_FD 3 /* as systemd's LISTEN_FDS, sd_listen_fds(3) */

extern char **environ;

/* An environment under construction: later values replace earlier ones. */
struct environment {
	char **values;
	size_t count;
	size_t room;
	char *owned[16]; /* the texts made here; env_free() frees them */
	size_t owned_count;
	bool failed;
};

static void env_add(struct environment *env, char *text)
{
	size_t name;
	char **grown;

	if (!text) {
		env->failed = true;
		return;
	}
	name = strcspn(text, "=") + 1;
	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->values[i], text, name) == 0) {
			env->values[i] = text;
			return;
		}
	}
	if (env->count + 2 > env->room) {
		size_t room = env->room ? env->room * 2 : ENV_FIRST_ROOM;

		grown = realloc(env->values, room * sizeof(*grown));
		if (!grown) {
			env->failed = true;
			return;
		}
		env->values = grown;
		env->room = room;
	}
	env->values[env->count++] = text;
	env->values[env->count] = NULL;
}

__attribute__((format(printf, 2, 3))) static void env_format(
	struct environment *env, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text && env->owned_count < sizeof(env->owned) / sizeof(env->owned[0]))
		env->owned[env->owned_count++] = text;
	env_add(env, text);
}

static void env_free(struct environment *env)
{
	while (env->owned_count > 0)
		free(env->owned[--env->owned_count]);
	free(env->values);
}

static const char *env_get(const struct environment *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->values[i], name, length) == 0 && env->values[i][length] == '=')
			return env->values[i] + length + 1;
	return NULL;
}

const char *aet_spawn_path(const struct aet_config *config)
{
	for (char **env = config->env; env && *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return getenv("PATH") ? getenv("PATH") : "/usr/local/bin:/usr/bin:/bin";
}

/* "3=tcp://...,4=unix://..." and how many. */
static int describe_listeners(char *text, size_t size, char *names, size_t names_size)
{
	char address[AET_ADDRESS_TEXT];
	int count = 0;

	text[0] = names[0] = '\0';
	AET_FOREACH_PUBLIC(l) {
		size_t used = strlen(text);

		(void)aet_address_format(&l->address, address, sizeof(address));
		(void)snprintf(text + used, size - used, "%s%d=%s", count ? "," : "",
			FIRST_PASSED_FD + count, address);
		used = strlen(names);
		if (l->name[0])
			(void)snprintf(
				names + used, names_size - used, "%s%s", count ? ":" : "", l->name);
		else
			(void)snprintf(names + used, names_size - used, "%slistener%d",
				count ? ":" : "", count);
		count++;
	}
	return count;
}

bool aet_spawn_find_site(char *ret_path, size_t size)
{
	static const char *const places[] = {"python/site", "../python/site"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int directory = (int)(strrchr(aet_service.library, '/') - aet_service.library);

		(void)snprintf(
			ret_path, size, "%.*s/%s", directory, aet_service.library, places[i]);
		if (access(ret_path, R_OK) == 0)
			return true;
	}
	return false;
}

/* "a,b,c", which the caller frees; NULL: no memory. */
static char *join(char *const *names)
{
	size_t size = 1;
	char *list;

	for (char *const *name = names; *name; name++)
		size += strlen(*name) + 1;
	list = calloc(1, size);
	for (size_t used = 0; list && *names; names++) {
		(void)snprintf(list + used, size - used, "%s%s", used ? "," : "", *names);
		used += strlen(list + used);
	}
	return list;
}

/* The names for the Python module, and the directory of the module that finds them. */
static void describe_state(struct environment *env, char *const *names)
{
	const char *path = env_get(env, "PYTHONPATH");
	char *list = join(names);
	char site[1024];

	env_format(env, "AETERNA_STATE=%s", list ? list : "");
	env->failed |= !list;
	free(list);
	if (aet_spawn_find_site(site, sizeof(site))) {
		env_format(
			env, "PYTHONPATH=%s%s%s", site, path && *path ? ":" : "", path ? path : "");
		return;
	}
	aet_log_error("'handoff.state' is set, but the Python module is not installed beside '%s'",
		aet_service.library);
}

/* What stays behind, whichever way the program names its state. */
static void describe_exclude(struct environment *env, char *const *names)
{
	char list[8192] = "";

	for (size_t used = 0; *names; names++, used = strlen(list))
		(void)snprintf(list + used, sizeof(list) - used, "%s%s", used ? "," : "", *names);
	env_format(env, "AETERNA_EXCLUDE=%s", list);
}

static bool has_configured_listener(void)
{
	AET_FOREACH_LISTENER(l)
		if (l->configured)
			return true;
	return false;
}

/* Everything but LISTEN_PID, which the child fills in. */
static void build_environment(struct environment *env, const struct aet_spawn *spawn)
{
	static char described[AET_LISTENERS_MAX * AET_ADDRESS_TEXT];
	static char names[AET_LISTENERS_MAX * AET_LISTENER_NAME];
	const char *library = spawn->follows ? aet_service.library : aet_service.plain_library;
	const char *preload;
	int count = describe_listeners(described, sizeof(described), names, sizeof(names));
	char token[33];

	for (char **e = environ; *e; e++)
		if (strncmp(*e, "AETERNA_", 8) != 0 && strncmp(*e, "LISTEN_", 7) != 0 &&
			strncmp(*e, "NOTIFY_SOCKET=", 14) != 0)
			env_add(env, *e);
	for (char **e = spawn->config->env; e && *e; e++)
		env_add(env, *e);
	for (int i = 0; i < 16; i++)
		(void)snprintf(token + 2 * i, 3, "%02x", aet_service.token[i]);
	env_format(env, "AETERNA_CONTROL=%s:%s", token, aet_service.control_name);
	env_format(env, "AETERNA_GENERATION=%u", spawn->number);
	if (count > 0)
		env_format(env, "AETERNA_FDS=%s", described);
	if (has_configured_listener()) {
		env_format(env, "LISTEN_FDS=%d", count);
		env_format(env, "LISTEN_FDNAMES=%s", names);
		env_format(env, "LISTEN_PID=%10d", 0); /* room for the child's number */
	}
	if (spawn->config->ready == AET_READY_STARTED || spawn->config->ready == AET_READY_NOTIFY)
		env_format(env, "AETERNA_READY=%s",
			spawn->config->ready == AET_READY_STARTED ? "started" : "notify");
	if (spawn->config->state)
		describe_state(env, spawn->config->state);
	if (spawn->config->exclude)
		describe_exclude(env, spawn->config->exclude);
	if (spawn->notify_name[0])
		env_format(env, "NOTIFY_SOCKET=%s", spawn->notify_name);
	preload = env_get(env, "LD_PRELOAD");
	if (preload && *preload)
		env_format(env, "LD_PRELOAD=%s:%s", preload, library);
	else
		env_format(env, "LD_PRELOAD=%s", library);
}

/* --- in the child: async-signal-safe calls only, no return --- */

/* Listeners become 3, 4, ...; copies with high numbers first, so that none overwrites another. */
static int pass_listeners(const struct aet_spawn *spawn)
{
	int fds[AET_LISTENERS_MAX];
	int count = 0;

	AET_FOREACH_PUBLIC(l) {
		int fd = spawn->parked ? aet_listener_placeholder(l, spawn->number) : l->fd;

		fds[count] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PASSED_FD + AET_LISTENERS_MAX);
		if (fds[count] < 0)
			return -errno;
		count++;
	}
	for (int i = 0; i < count; i++)
		if (dup3(fds[i], FIRST_PASSED_FD + i, 0) < 0)
			return -errno;
	return 0;
}

static void reset_signals(void)
{
	struct sigaction fallback = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < _NSIG; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			(void)sigaction(signal, &fallback, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_listen_pid(char **env)
{
	for (; *env; env++) {
		if (strncmp(*env, "LISTEN_PID=", 11) != 0)
			continue;
		(void)snprintf(*env + 11, 11, "%d", (int)getpid());
		return;
	}
}

__attribute__((noreturn)) static void run_child(
	const struct aet_spawn *spawn, char **env, int error_fd)
{
	const struct aet_config *config = spawn->config;
	int high = fcntl(error_fd, F_DUPFD_CLOEXEC, FIRST_PASSED_FD + 2 * AET_LISTENERS_MAX);
	int error;

	if (high >= 0)
		error_fd = high;
	if (!spawn->begins_session)
		(void)setpgid(0, 0);
	reset_signals();
	aet_open_files_restore();
	error = config->directory && chdir(config->directory) < 0 ? -errno : 0;
	if (error == 0)
		error = pass_listeners(spawn);
	if (error == 0) {
		set_listen_pid(env);
		environ = env;
		(void)execvp(config->command[0], config->command);
		error = -errno;
	}
	error = -error;
	(void)!write(error_fd, &error, sizeof(error));
	_exit(error == ENOENT ? 127 : 126);
}

int aet_spawn(struct aet_spawn *spawn)
{
	static struct aet_wrapped wrapped;
	struct environment env = {0};
	int pipe_fds[2];
	pid_t pid;

	/* Makes placeholders here, in the parent, which keeps them. */
	AET_FOREACH_PUBLIC(l)
		if (spawn->parked && aet_listener_placeholder(l, spawn->number) < 0)
			return -ENFILE;
	build_environment(&env, spawn);
	if (env.failed || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		env_free(&env);
		return env.failed ? -ENOMEM : -errno;
	}
	aet_wrapper_follow(spawn->config->command, &wrapped);
	spawn->begins_session = wrapped.begins_session;
	pid = fork();
	if (pid == 0)
		run_child(spawn, env.values, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	env_free(&env);
	if (pid < 0) {
		(void)close(pipe_fds[0]);
		return -EAGAIN;
	}
	if (!spawn->begins_session)
		(void)setpgid(pid, pid); /* parent and child both do it: either may run first */
	spawn->pid = pid;
	spawn->exec_fd = pipe_fds[0];
	return 0;
}

int aet_spawn_notify_socket(uint32_t number, char ret_name[AET_NOTIFY_NAME_MAX])
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	AET_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int length;

	if (fd < 0)
		return -errno;
	length = snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "%s/notify/%u",
		aet_service.control_name, number);
	if (length < 0 || length + 2 > AET_NOTIFY_NAME_MAX)
		return -ENAMETOOLONG;
	if (bind(fd, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0)
		return -errno;
	ret_name[0] = '@';
	memcpy(ret_name + 1, un.sun_path + 1, (size_t)length + 1);
	return aet_fd_take(&fd);
}
