/*
 * Runs the launcher: signals, orphans, the first start and the end. Once the event loop runs, no
 * error that a client or the program causes ends the launcher.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address_parse.h"
#include "control/control.h"
#include "fd.h"
#include "process/library_path.h"
#include "listen/listener.h"
#include "listen/passed.h"
#include "base/log.h"
#include "cli/options.h"
#include "base/open_files.h"
#include "service/fact.h"
#include "service/service.h"
#include "swap/answer.h"
#include "swap/machine.h"
#include "swap/observe.h"
#include "swap/precheck.h"
#include "swap/terminal.h"
#include "base/memory_file.h"
#include "state/prefault.h"
#include "state/set_aside.h"
#include "state/snapshot_file.h"
#include "state/state.h"
#include "state/state_writer.h"

#define EXIT_CONFIG    78
#define EXIT_NOT_FOUND 127
#define EXIT_NOT_EXEC  126

static struct aet_source signal_source;

/* --- signals --- */

static void post(enum aet_fact_kind kind)
{
	aet_fact_post(&(struct aet_fact){.kind = kind});
}

static void reap(void)
{
	struct aet_generation *generation;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (aet_prefault_reaped(pid) || aet_state_writer_reaped(pid, status) ||
			aet_state_copy_reaped(pid))
			continue;
		generation = aet_generation_by_pid(pid);
		if (!generation) {
			aet_log_debug("reaped orphan %d", (int)pid);
			continue;
		}
		if (aet_terminal_take_back(generation, status))
			post(AET_FACT_STOP);
		aet_generation_reaped(generation, status);
	}
	aet_terminal_look();
	AET_FOREACH_GENERATION(g)
		if (g->state >= AET_GENERATION_STOPPING)
			aet_generation_bury_if_gone(g);
}

static void forward(int signal)
{
	if (aet_swap.serving && aet_swap.serving->pid > 0)
		(void)kill(aet_swap.serving->pid, signal);
}

/* True for a signal that the launcher's own write raised: SIGPIPE, SIGXFSZ. The kernel then names
 * the launcher as the sender, signal(7). */
static bool is_for_launcher(const struct signalfd_siginfo *info)
{
	return info->ssi_pid == (uint32_t)getpid();
}

static void on_one_signal(const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;

	switch (signal) {
	case SIGCHLD:
		reap();
		break;
	case SIGHUP:
		post(AET_FACT_REQUEST);
		break;
	case SIGTERM:
	case SIGINT:
		post(AET_FACT_STOP);
		break;
	case SIGQUIT:
		aet_service.stop_at_once = true;
		post(AET_FACT_STOP);
		break;
	case SIGUSR2:
		post(AET_FACT_SNAPSHOT);
		break;
	default:
		if (!is_for_launcher(info))
			forward(signal);
		break;
	}
}

static void on_signals(struct aet_source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		on_one_signal(&info);
}

/* Faults stay unblocked and end the launcher. It reads the other signals from the signalfd. */
static int watch_signals(void)
{
	static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t set;
	int fd;

	(void)sigfillset(&set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)sigdelset(&set, faults[i]);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	/* A terminal must not stop the process that keeps every listener. */
	(void)sigdelset(&set, SIGTTIN);
	(void)sigdelset(&set, SIGTTOU);
	(void)sigdelset(&set, SIGTSTP);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return aet_loop_add(&signal_source, fd, on_signals, NULL);
}

/* --- the beginning --- */

static int make_page(void)
{
	AET_CLOSE int fd = aet_memory_file("aeterna-phase");
	void *page;

	if (fd < 0)
		return fd;
	if (ftruncate(fd, AET_PAGE_SIZE) < 0)
		return -errno;
	page = mmap(NULL, AET_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	aet_service.page = page;
	aet_service.page->magic = AET_PAGE_MAGIC;
	aet_service.page->version = AET_PAGE_VERSION;
	aet_service.page_fd = aet_fd_take(&fd);
	return 0;
}

static int make_secret(void)
{
	uint64_t name;

	if (getrandom(aet_service.token, sizeof(aet_service.token), 0) !=
			sizeof(aet_service.token) ||
		getrandom(aet_service.run_id, sizeof(aet_service.run_id), 0) !=
			sizeof(aet_service.run_id) ||
		getrandom(&name, sizeof(name), 0) != sizeof(name))
		return -EIO;
	(void)snprintf(aet_service.control_name, sizeof(aet_service.control_name),
		"aeterna/lib/%d/%016llx", (int)getpid(), (unsigned long long)name);
	return 0;
}

static int open_configured_listeners(const struct aet_config *config)
{
	for (char **text = config->listen; text && *text; text++) {
		struct aet_address address;
		struct aet_listener *listener;
		const char *why = "";
		int result = aet_address_parse(*text, &address, &why);

		if (result == 0)
			result = aet_listener_open(&address, &listener);
		if (result < 0) {
			aet_log_error(
				"cannot listen on '%s': %s", *text, *why ? why : strerror(-result));
			return result;
		}
		aet_log_info("%s is open", *text);
	}
	return 0;
}

static int begin(const struct aet_options *options)
{
	struct aet_precheck check;
	int result;

	aet_precheck_setup(options->config_path, options->command);
	if (aet_library_find() < 0)
		return EXIT_NOT_FOUND;
	if (aet_precheck_restart(&check) < 0) {
		aet_log_error("%s", check.detail);
		if (strcmp(check.reason, "not_found") == 0)
			return EXIT_NOT_FOUND;
		return EXIT_NOT_EXEC;
	}
	if (getpid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	if ((result = aet_loop_init()) < 0 || (result = watch_signals()) < 0 ||
		(result = make_page()) < 0 || (result = make_secret()) < 0 ||
		(result = aet_control_open(aet_service.config->path)) < 0) {
		aet_log_error("cannot start: %s", strerror(-result));
		return 1;
	}
	if (open_configured_listeners(aet_service.config) < 0)
		return EXIT_CONFIG;
	aet_loop_set_after(aet_observe_facts);
	aet_observe_begin();
	aet_snapshot_file_read();
	aet_set_aside_find();
	return aet_machine_begin() < 0 ? 1 : -1;
}

int aet_supervisor_run(struct aet_config *config, const struct aet_options *options)
{
	int code;

	aet_service.config = config;
	aet_service.started_us = aet_now_us();
	aet_open_files_raise();
	(void)aet_passed_take();
	code = begin(options);
	if (code >= 0) {
		aet_listener_remove_files();
		return code;
	}
	aet_loop_run();
	aet_answer_stopped();
	aet_listener_remove_files();
	return aet_service.exit_code;
}
