#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "cli/state_argument.h"
#include "config/config_file.h"
#include "control/control_name.h"
#include "fd.h"
#include "msgio.h"

#define EXIT_REFUSED     1
#define EXIT_NO_LAUNCHER 69

/* Connects to an abstract name; -errno. Any user may bind any name: the peer must be this user or
 * root. */
static int dial(const char *name, struct ucred *ret_peer)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t length = strlen(name);
	socklen_t peer_length = sizeof(*ret_peer);
	AET_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (length >= AET_CONTROL_NAME)
		return -ENAMETOOLONG;
	memcpy(un.sun_path + 1, name, length);
	if (connect(fd, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &peer_length) < 0)
		return -errno;
	if (ret_peer->uid != geteuid() && ret_peer->uid != 0 && geteuid() != 0)
		return -EPERM;
	if (ret_peer->pid <= 0)
		return -EXDEV; /* its process cannot be seen from here */
	return aet_fd_take(&fd);
}

/* A name of another mark is that of a launcher in another container, unless its process and files
 * are among those that are visible here: then it is in a pid namespace below. */
static int dial_beside(const char *name)
{
	struct ucred peer = {0};
	AET_CLOSE int fd = dial(name, &peer);

	if (fd < 0)
		return fd;
	return aet_control_name_is_beside(peer.pid) ? aet_fd_take(&fd) : -EXDEV;
}

/* The names are in /proc/net/unix, with '@' for the NUL. Root commands every user's launcher. */
static int dial_any(const char *config_path)
{
	char line[512];
	FILE *names = fopen("/proc/net/unix", "re");
	int result = -ECONNREFUSED;

	while (names && result < 0 && fgets(line, sizeof(line), names)) {
		char *at = strstr(line, "@aeterna/");
		unsigned uid;
		int fd;

		if (!at)
			continue;
		at[strcspn(at, "\n")] = '\0';
		if (!aet_control_name_is_for(at + 1, config_path, &uid) ||
			(uid != geteuid() && geteuid() != 0))
			continue;
		fd = dial_beside(at + 1);
		if (fd >= 0 || result == -ECONNREFUSED)
			result = fd;
	}
	if (names)
		(void)fclose(names);
	return result;
}

static int find_launcher(const struct aet_options *options, char *ret_what, size_t size)
{
	char name[AET_CONTROL_NAME];
	struct ucred peer;
	char *path;
	int fd;

	if (options->pid > 0) {
		(void)snprintf(ret_what, size, "--pid %d", options->pid);
		aet_control_name_by_pid(options->pid, name, sizeof(name));
		return dial(name, &peer);
	}
	path = aet_config_path(options->config_path);
	if (!path)
		return -ENOMEM;
	(void)snprintf(ret_what, size, "'%s'", path);
	aet_control_name_by_path(path, geteuid(), name, sizeof(name));
	fd = dial(name, &peer);
	if (fd == -ECONNREFUSED)
		fd = dial_any(path);
	free(path);
	return fd;
}

static unsigned type_of(enum aet_verb verb)
{
	switch (verb) {
	case AET_VERB_RELOAD:
		return AET_MSG_RELOAD;
	case AET_VERB_STOP:
		return AET_MSG_STOP;
	case AET_VERB_SNAPSHOT:
		return AET_MSG_SNAPSHOT;
	case AET_VERB_RESTORE:
		return AET_MSG_RESTORE;
	case AET_VERB_CHECK:
		return AET_MSG_DRY_RUN;
	default:
		return AET_MSG_STATUS;
	}
}

static void print_text(int fd)
{
	char text[4096];
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0)
		(void)fwrite(text, 1, (size_t)got, stdout);
	(void)fflush(stdout);
}

/* A file with the names to discard; -1: there are none; or -errno. */
static int discarded_names(const struct aet_options *options)
{
	int fd;

	if (options->discards_all || options->discarded_count == 0)
		return -1;
	fd = aet_memory_file("aeterna-discard");
	for (int i = 0; fd >= 0 && i < options->discarded_count; i++)
		(void)dprintf(fd, "%s\n", options->discarded[i]);
	return fd;
}

/* file: goes with it; -1: none. */
static void send_command(int fd, const struct aet_options *options, int file)
{
	struct aet_restore command = {.flags = options->json ? AET_COMMAND_JSON : 0};
	size_t length =
		options->verb == AET_VERB_RESTORE ? sizeof(command) : sizeof(struct aet_command);

	aet_header_init(&command.header, type_of(options->verb), 1, 0);
	if (options->verb == AET_VERB_RELOAD && (options->discards_all || file >= 0))
		command.flags |= AET_COMMAND_DISCARD;
	if (options->argument && file < 0)
		(void)snprintf(command.name, sizeof(command.name), "%s", options->argument);
	/* A launcher that refuses this user has answered and closed: read even if this fails. */
	(void)aet_message_send(fd, &command, length, &file, file >= 0, 0);
}

static int ask(int fd, const struct aet_options *options, int file)
{
	struct aet_message message = {.length = 0};
	const struct aet_command_reply *reply = NULL;
	int result;

	send_command(fd, options, file);
	result = aet_message_receive(fd, &message, 0);
	if (result > 0 && message.header.error != 0) {
		(void)fprintf(stderr, "aeterna-launch: refused: %s\n",
			message.header.error == EPERM ? "the launcher is another user's"
						      : strerror(message.header.error));
		aet_message_drop(&message);
		return EXIT_REFUSED;
	}
	if (result > 0)
		reply = AET_MESSAGE_BODY(&message, message.header.type, aet_command_reply);
	if (!reply) {
		(void)fprintf(stderr, "aeterna-launch: the launcher went away\n");
		return EXIT_NO_LAUNCHER;
	}
	if (message.fd_count > 0)
		print_text(message.fds[0]);
	if (reply->text[0] && reply->exit_code == 0 && !options->json)
		(void)printf("%.*s\n", (int)sizeof(reply->text), reply->text);
	else if (reply->text[0] && reply->exit_code != 0)
		(void)fprintf(
			stderr, "aeterna-launch: %.*s\n", (int)sizeof(reply->text), reply->text);
	result = reply->exit_code;
	aet_message_drop(&message);
	return result;
}

static int fail_file(const char *path, int error)
{
	(void)fprintf(stderr, "aeterna-launch: '%s': %s\n", path, strerror(-error));
	return EXIT_REFUSED;
}

static int ask_with_output(int fd, const struct aet_options *options)
{
	struct aet_state_output output;
	AET_CLOSE int file = aet_state_output_open(&output, options->output);
	int code;
	int result;

	if (file < 0)
		return fail_file(options->output, file);
	code = ask(fd, options, file);
	if (code != 0) {
		aet_state_output_drop(&output);
		return code;
	}
	result = aet_state_output_finish(&output);
	return result < 0 ? fail_file(options->output, result) : 0;
}

static int ask_to_discard(int fd, const struct aet_options *options)
{
	AET_CLOSE int names = discarded_names(options);

	return ask(fd, options, names);
}

/* A word without a '/' that is no file is a name. */
static int ask_with_argument(int fd, const struct aet_options *options)
{
	AET_CLOSE int file = aet_state_input_open(options->argument);

	if (file < 0 && (file != -ENOENT || strchr(options->argument, '/')))
		return fail_file(options->argument, file);
	return ask(fd, options, file);
}

int aet_command_dial(const struct aet_options *options)
{
	char what[400];

	return find_launcher(options, what, sizeof(what));
}

int aet_command_run(const struct aet_options *options)
{
	char what[400] = "";
	AET_CLOSE int fd = -1;

	/* `pkill -HUP aeterna-launch` signals this process too. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR2, SIG_IGN);
	fd = find_launcher(options, what, sizeof(what));
	if (fd < 0) {
		(void)fprintf(stderr, "aeterna-launch: no launcher answers for %s: %s\n", what,
			fd == -EXDEV ? "that launcher is in another container" : strerror(-fd));
		return EXIT_NO_LAUNCHER;
	}
	if (options->output)
		return ask_with_output(fd, options);
	if (options->argument)
		return ask_with_argument(fd, options);
	return ask_to_discard(fd, options);
}
