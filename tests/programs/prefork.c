/*
 * A prefork HTTP server: the parent binds and listens with a backlog of 5, the children (WORKERS, 8)
 * block in accept() and answer one request a connection. A child that dies is replaced; on SIGHUP the
 * parent starts one more; on SIGTERM all end.
 */
#include "program_mode.h"

#include <errno.h>
#include <sys/wait.h>

#define MAX_WORKERS 256

static pid_t workers[MAX_WORKERS];
static volatile sig_atomic_t stopping;
static volatile sig_atomic_t wanted;

static void on_signal(int number)
{
	if (number == SIGTERM)
		stopping = 1;
	else if (wanted < MAX_WORKERS)
		wanted++;
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
	signal(SIGHUP, SIG_IGN);
	serve(listener);
	_exit(0);
}

static void watch(int listener)
{
	for (int count = wanted; !stopping;) {
		pid_t pid = wait(NULL);

		if (pid < 0 && errno == ECHILD)
			usleep(10000);
		for (int i = 0; pid > 0 && i < count; i++)
			if (workers[i] == pid && !stopping)
				workers[i] = start_worker(listener);
		while (count < wanted && !stopping)
			workers[count++] = start_worker(listener);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	const char *text = getenv("WORKERS");
	int count = text ? atoi(text) : 8;
	int listener = program_listen(program_start(argc, argv), 5, 0);

	if (count < 1 || count > MAX_WORKERS)
		return 64;
	wanted = count;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	for (int i = 0; i < count; i++)
		workers[i] = start_worker(listener);
	watch(listener);
	for (int i = 0; i < MAX_WORKERS; i++)
		if (workers[i] > 0)
			kill(workers[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	return 0;
}
