/*
 * An init as containers have it, linked statically: tini -- PROGRAM [ARGUMENT...]. It starts the
 * program, forwards TERM, and ends with its status.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

static void forward(int signal)
{
	(void)kill(child, signal);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = forward};
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	int status = 0;

	if (argc <= first)
		return 64;
	child = fork();
	if (child == 0) {
		(void)execvp(argv[first], argv + first);
		_exit(127);
	}
	(void)sigaction(SIGTERM, &action, NULL);
	while (waitpid(child, &status, 0) != child)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
