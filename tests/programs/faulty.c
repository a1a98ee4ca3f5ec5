/*
 * faulty FAULT COMMAND...: stands before any server and makes a bad new version of it.
 * exit1, hang and metrics_first (its metrics port first and its real one never) do not run the
 * command. first_request runs it with preload/first_request.so before the other preload libraries.
 */
#include <fcntl.h>

#include "program_mode.h"

/* A worker that changed its user may not kill the first process: this one does it for it. */
static void watch(int told, pid_t first)
{
	char byte;

	if (read(told, &byte, 1) == 1)
		kill(first, SIGKILL);
	_exit(0);
}

static int keep_open(int fd, const char *variable)
{
	char number[16];
	int high = fcntl(fd, F_DUPFD, 200);

	if (high < 0)
		program_fail("fcntl");
	close(fd);
	(void)snprintf(number, sizeof(number), "%d", high);
	setenv(variable, number, 1);
	return high;
}

static void run_mortal(char **command)
{
	const char *others = getenv("LD_PRELOAD");
	pid_t first = getpid();
	char preload[8192];
	char path[4096];
	int ends[2];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0 || pipe(ends) < 0)
		program_fail("faulty");
	path[len] = '\0';
	*strrchr(path, '/') = '\0';
	(void)snprintf(preload, sizeof(preload), "%s/first_request.so%s%s", path, others ? ":" : "",
		others ? others : "");
	setenv("LD_PRELOAD", preload, 1);
	if (fork() == 0) {
		close(ends[1]);
		watch(ends[0], first);
	}
	close(ends[0]);
	keep_open(ends[1], "FIRST_REQUEST_TELLS");
	keep_open(open(getenv("FIRST_REQUEST"), O_WRONLY | O_CREAT | O_APPEND, 0600),
		"FIRST_REQUEST_COUNTS");
	execvp(command[0], command);
	program_fail(command[0]);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 64;
	if (!strcmp(argv[1], "exit1"))
		return 1;
	if (!strcmp(argv[1], "metrics_first"))
		program_listen_for_metrics();
	if (!strcmp(argv[1], "first_request"))
		run_mortal(argv + 2);
	for (;;)
		pause();
}
