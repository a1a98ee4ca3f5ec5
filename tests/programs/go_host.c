/*
 * A server that loads the library in Go whose path is GO_LIBRARY: WHEN=before it listens, or after.
 * Go has it that every handler in the process runs on the alternate stack (os/signal, "Go programs
 * that use cgo or SWIG"): while one for a real-time signal does not, the version is "small".
 */
#include "program_mode.h"

#include <dlfcn.h>
#include <stdint.h>
#include <sys/syscall.h>

struct kernel_action { /* rt_sigaction(2) */
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static void load(void)
{
	void *library = dlopen(getenv("GO_LIBRARY"), RTLD_NOW);
	void (*begin)(void) = library ? (void (*)(void))dlsym(library, "GoBegin") : NULL;

	if (!begin) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	begin();
}

static void check_handlers(void)
{
	struct kernel_action action;

	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		if (!syscall(SYS_rt_sigaction, number, NULL, &action, 8) && action.handler &&
			!(action.flags & SA_ONSTACK))
			strcpy(program_version, "small");
}

int main(int argc, char **argv)
{
	bool before = !strcmp(program_argument(0, argv, 1, "WHEN", "before"), "before");
	int port = program_start(argc, argv);
	int listener;

	if (before)
		load();
	/* As servers do: of what Go installed for it nothing is left to be seen. */
	signal(SIGPIPE, SIG_IGN);
	listener = program_listen(port, 64, 0);
	if (!before)
		load();
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		check_handlers();
		while (fd >= 0 && program_handle(fd))
			;
		close(fd);
	}
}
