/*
 * An HTTP server that blocks all signals first of all and takes them by waiting for them, as those do
 * that were written with pthread_sigmask(3) beside them. SHAPE says how:
 *   alone    one thread, which polls; signals come from a signalfd
 *   threads  threads that were there before the listener block in accept() and read(); another one
 *            is in sigwait()
 *   attr     likewise, but threads get their mask from their attributes (glibc 2.32)
 * A signal other than SIGTERM and SIGCHLD, or a wait that is interrupted, ends it with exit code 3.
 */
#include "program_mode.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/signalfd.h>

#define THREADS     8
#define MAX_CLIENTS 64

static sigset_t all;
static int listener;
static sem_t listening;

static void end_by(int number)
{
	if (number == SIGTERM)
		_exit(0);
	if (number != SIGCHLD)
		_exit(3);
}

static void poll_alone(void)
{
	struct pollfd fds[2 + MAX_CLIENTS] = {
		{listener, POLLIN, 0}, {signalfd(-1, &all, SFD_CLOEXEC), POLLIN, 0}};
	nfds_t count = 2;

	for (;;) {
		struct signalfd_siginfo info;

		if (poll(fds, count, -1) < 0)
			_exit(3);
		if (fds[1].revents && read(fds[1].fd, &info, sizeof(info)) > 0)
			end_by((int)info.ssi_signo);
		for (nfds_t i = count - 1; i >= 2; i--)
			if (fds[i].revents && !program_handle(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--count];
			}
		if (fds[0].revents && count < 2 + MAX_CLIENTS) {
			int fd = accept(listener, NULL, NULL);

			if (fd >= 0)
				fds[count++] = (struct pollfd){fd, POLLIN, 0};
		}
	}
}

static void *serve(void *argument)
{
	while (sem_wait(&listening))
		;
	program_serve_for_ever(listener);
	return argument;
}

static void *wait_for_signals(void *argument)
{
	int number;

	while (sigwait(&all, &number) == 0)
		end_by(number);
	_exit(3);
	return argument;
}

static void start(const pthread_attr_t *attr, void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, attr, run, NULL))
		program_fail("pthread_create");
}

int main(int argc, char **argv)
{
	const char *shape = program_argument(0, argv, 1, "SHAPE", "alone");
	int port = program_start(argc, argv);
	pthread_attr_t attr;

	sigfillset(&all);
	pthread_attr_init(&attr);
	sem_init(&listening, 0, 0);
	if (!strcmp(shape, "attr"))
		(void)pthread_attr_setsigmask_np(&attr, &all);
	else
		sigprocmask(SIG_BLOCK, &all, NULL);
	if (strcmp(shape, "alone")) {
		start(&attr, wait_for_signals);
		for (int i = 0; i < THREADS; i++)
			start(&attr, serve);
	}
	if (!strcmp(shape, "attr"))
		pthread_sigmask(SIG_BLOCK, &all, NULL);
	listener = program_listen(port, 64, 0);
	if (!strcmp(shape, "alone"))
		poll_alone();
	for (int i = 0; i < THREADS; i++)
		sem_post(&listening);
	for (;;)
		pause();
}
