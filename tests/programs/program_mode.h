/*
 * What the C test programs share: port and version from the command line or the environment, the
 * fault named by the file `mode` next to the version, and HTTP/1.1 by hand. The version is read once
 * at the start, so that a new process shows a changed file. Nothing in here knows who started the
 * program. PROGRAM [PORT [VERSION_FILE]], or PORT and VERSION_FILE in the environment.
 */
#ifndef PROGRAM_MODE_H
#define PROGRAM_MODE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static char program_version[64] = "v0";
static char program_fault[64] = "ok";
static bool program_closes; /* every answer announces the end of its connection */

static inline const char *program_argument(
	int argc, char **argv, int index, const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	if (argc > index)
		return argv[index];
	return value ? value : otherwise;
}

static inline void program_read_word(char *out, size_t size, const char *path)
{
	FILE *file = fopen(path, "re");
	char word[64];

	if (!file)
		return;
	if (fscanf(file, "%63s", word) == 1)
		(void)snprintf(out, size, "%s", word);
	fclose(file);
}

static inline void program_listen_for_metrics(void)
{
	const char *port = getenv("METRICS_PORT");
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(port ? atoi(port) : 0)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		exit(1);
	for (;;)
		close(accept(fd, NULL, NULL));
}

static inline void program_end(int signal)
{
	(void)signal;
	_exit(1);
}

/* It listens, and ends a moment later without having answered. */
static inline void program_end_after(double seconds)
{
	struct itimerval timer = {.it_value.tv_usec = (suseconds_t)(seconds * 1e6)};

	signal(SIGALRM, program_end);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Called before the program listens: shows the fault, or returns the port. */
static inline int program_start(int argc, char **argv)
{
	const char *path = program_argument(argc, argv, 2, "VERSION_FILE", "version");
	const char *slash = strrchr(path, '/');
	char mode[4096];

	(void)snprintf(mode, sizeof(mode), "%.*smode", slash ? (int)(slash + 1 - path) : 0, path);
	program_read_word(program_version, sizeof(program_version), path);
	program_read_word(program_fault, sizeof(program_fault), mode);
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(program_fault, "exit1"))
		exit(1);
	if (!strcmp(program_fault, "crash"))
		raise(SIGSEGV);
	if (!strcmp(program_fault, "metrics_first"))
		program_listen_for_metrics();
	while (!strcmp(program_fault, "hang"))
		pause();
	if (!strncmp(program_fault, "ends_after:", 11))
		program_end_after(atof(program_fault + 11));
	if (!strncmp(program_fault, "slow_start:", 11))
		usleep((useconds_t)(atof(program_fault + 11) * 1e6));
	return atoi(program_argument(argc, argv, 1, "PORT", "8080"));
}

static inline void program_fail(const char *what)
{
	perror(what);
	exit(1);
}

/* A listener on 127.0.0.1 with the options that servers usually set. */
static inline int program_listen(int port, int backlog, int type)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | type, 0);

	if (fd < 0)
		program_fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		program_fail("bind");
	if (listen(fd, backlog))
		program_fail("listen");
	return fd;
}

/* The answer to one request, header and body; its length. */
static inline size_t program_answer(char *out, size_t size, bool last)
{
	char body[96];
	int len = snprintf(body, sizeof(body), "%s %d\n", program_version, (int)getpid());

	if (!strcmp(program_fault, "die_on_first_request"))
		_exit(1);
	return (size_t)snprintf(out, size,
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
		"Connection: %s\r\n\r\n%s",
		len, last ? "close" : "keep-alive", body);
}

/* Answers what arrived in one read (a request here is one segment); false: close. */
static inline bool program_handle(int fd);

/* What a thread does that accepts and serves, one client after the other. */
static inline void program_serve_for_ever(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		while (program_handle(fd))
			;
		close(fd);
	}
}

static inline bool program_handle(int fd)
{
	char request[4096];
	char answer[512];
	ssize_t n = read(fd, request, sizeof(request) - 1);
	bool last;
	size_t len;

	if (n <= 0)
		return false;
	request[n] = '\0';
	last = program_closes || strstr(request, "Connection: close");
	len = program_answer(answer, sizeof(answer), last);
	return write(fd, answer, len) == (ssize_t)len && !last;
}

#endif
