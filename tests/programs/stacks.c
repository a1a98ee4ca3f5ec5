/*
 * A threaded HTTP server: each thread accepts a connection and serves it to its end. The threads have
 * alternate signal stacks for a handler of SIGSEGV, as those have that report their crashes. STACKS:
 * none, shared (one for all threads), small (one each, of the least size that the kernel takes, below
 * it memory that is not there).
 */
#include "program_mode.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define THREADS 16
#define PAGE    4096
#define SHARED  (16 * PAGE)

static int listener;
static const char *stacks;
static stack_t shared;

static void on_crash(int number)
{
	_exit(100 + number);
}

static stack_t make_stack(size_t size)
{
	size_t room = (size + PAGE - 1) / PAGE * PAGE;
	uint8_t *at = mmap(NULL, PAGE + room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at + PAGE, room, PROT_READ | PROT_WRITE))
		program_fail("mmap");
	return (stack_t){.ss_sp = at + PAGE, .ss_size = size};
}

static void *serve(void *argument)
{
	size_t least = getauxval(AT_MINSIGSTKSZ);
	stack_t stack = shared;

	if (!strcmp(stacks, "small"))
		stack = make_stack(least > PAGE ? least : PAGE);
	if (strcmp(stacks, "none") && sigaltstack(&stack, NULL))
		program_fail("sigaltstack");
	program_serve_for_ever(listener);
	return argument;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
	int port = program_start(argc, argv);

	stacks = program_argument(0, argv, 1, "STACKS", "none");
	shared = make_stack(SHARED);
	sigaction(SIGSEGV, &action, NULL);
	listener = program_listen(port, 64, SOCK_CLOEXEC);
	for (int i = 1; i < THREADS; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, serve, NULL))
			program_fail("pthread_create");
	}
	(void)serve(NULL);
}
