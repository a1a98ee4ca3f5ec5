/*
 * A prefork HTTP server: the parent binds and listens with a backlog of 5, the children (WORKERS, 8)
 * block in accept() and answer one request a connection. A child that dies is replaced; on SIGTERM all
 * end.
 */
#include "program_mode.h"

#include <errno.h>
#include <sys/wait.h>

#define MAX_WORKERS 256

static pid_t workers[MAX_WORKERS];
static volatile sig_atomic_t stopping;

static void on_term(int number)
{
	(void)number;
	stopping = 1;
}

static void serve(int listener)
{
	program_closes = true;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		(void)program_handle(fd);
		close(fd);
	}
}

static pid_t start_worker(int listener)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGTERM, SIG_DFL);
	serve(listener);
	_exit(0);
}

static void watch(int listener, int count)
{
	while (!stopping) {
		pid_t pid = wait(NULL);

		if (pid < 0 && errno == ECHILD)
			usleep(10000);
		for (int i = 0; pid > 0 && i < count; i++)
			if (workers[i] == pid && !stopping)
				workers[i] = start_worker(listener);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_term};
	const char *text = getenv("WORKERS");
	int count = text ? atoi(text) : 8;
	int listener = program_listen(program_start(argc, argv), 5, 0);

	if (count < 1 || count > MAX_WORKERS)
		return 64;
	sigaction(SIGTERM, &action, NULL);
	for (int i = 0; i < count; i++)
		workers[i] = start_worker(listener);
	watch(listener, count);
	for (int i = 0; i < count; i++)
		if (workers[i] > 0)
			kill(workers[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	return 0;
}
