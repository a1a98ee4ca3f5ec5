#include "swap/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "fd.h"
#include "process/generation.h"
#include "swap/swap.h"

#define LOOK_AGAIN_MS 250

static uint32_t holder; /* the generation that has the terminal; 0: the launcher */
static uint32_t stopped; /* the one that waits for it; 0: none */
static struct aet_timer timer;

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* SIGTTOU is blocked: a process outside the foreground may then change it (tcsetpgrp(3)). */
static bool give_to(pid_t group)
{
	AET_CLOSE int fd = open_terminal();
	pid_t now = fd >= 0 ? tcgetpgrp(fd) : -1;
	const struct aet_generation *from = holder ? aet_generation_get(holder) : NULL;

	if (now < 0 || (now != getpgrp() && (!from || now != from->group)))
		return false; /* a shell has put the launcher into the background */
	return tcsetpgrp(fd, group) == 0;
}

/* Where it leads its group, all that the terminal has stopped goes on. */
static bool serve_terminal(const struct aet_generation *generation)
{
	if (aet_swap.serving != generation || !give_to(generation->group))
		return false;
	holder = generation->number;
	aet_log_info("generation %u reads from the terminal and has it now: keys as Ctrl-C go to "
		     "the program",
		holder);
	(void)kill(-generation->group, SIGCONT);
	return true;
}

static void on_look_again(struct aet_timer *unused)
{
	const struct aet_generation *generation = aet_generation_get(stopped);

	(void)unused;
	if (!generation || generation->pid <= 0 || serve_terminal(generation))
		stopped = 0;
	else
		aet_timer_start(&timer, LOOK_AGAIN_MS, on_look_again, NULL);
}

static void give_or_say_why_not(const struct aet_generation *generation, int signal)
{
	if (serve_terminal(generation) || stopped == generation->number)
		return;
	stopped = generation->number;
	aet_log_warning("generation %u is stopped (%s): it uses the terminal, and %s; a program "
			"that need not ask takes its input from </dev/null",
		generation->number, signal == SIGTTIN ? "SIGTTIN" : "SIGTTOU",
		aet_swap.serving == generation
			? "the launcher is not in its foreground (fg brings it there)"
			: "gets it when it serves");
	aet_timer_start(&timer, LOOK_AGAIN_MS, on_look_again, NULL);
}

void aet_terminal_look(void)
{
	AET_FOREACH_GENERATION(g) {
		siginfo_t info = {0};

		if (g->pid <= 0 || waitid(P_PID, (id_t)g->pid, &info, WSTOPPED | WNOHANG) < 0 ||
			info.si_pid == 0)
			continue;
		if (info.si_status == SIGTTIN || info.si_status == SIGTTOU)
			give_or_say_why_not(g, info.si_status);
		else if (info.si_status == SIGTSTP && holder == g->number)
			(void)kill(-g->group, SIGCONT); /* its clients wait */
	}
}

static bool is_from_keyboard(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGQUIT;
	return WEXITSTATUS(status) == 128 + SIGINT || WEXITSTATUS(status) == 128 + SIGQUIT;
}

bool aet_terminal_take_back(const struct aet_generation *generation, int status)
{
	AET_CLOSE int fd = -1;

	if (holder == 0 || holder != generation->number)
		return false;
	holder = 0;
	fd = open_terminal();
	if (fd >= 0 && tcgetpgrp(fd) == generation->group)
		(void)tcsetpgrp(fd, getpgrp());
	return is_from_keyboard(status);
}
