#include "process/generation.h"

#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "listen/placeholder.h"
#include "base/log.h"
#include "process/member.h"
#include "process/spawn.h"
#include "service/fact.h"
#include "service/service.h"
#include "base/text_file.h"
#include "process/tree.h"

#define EXIT_NOT_FOUND 127 /* as a shell reports it */
#define EXIT_NOT_EXEC  126

struct aet_generation aet_generations[AET_GENERATIONS_MAX];

struct aet_generation *aet_generation_get(uint32_t number)
{
	AET_FOREACH_GENERATION(g)
		if (g->number == number)
			return g;
	return NULL;
}

struct aet_generation *aet_generation_by_pid(pid_t pid)
{
	AET_FOREACH_GENERATION(g)
		if (g->pid == pid && pid > 0)
			return g;
	return NULL;
}

bool aet_generation_counts(uint32_t number)
{
	const struct aet_generation *generation = aet_generation_get(number);

	return generation && generation->state != AET_GENERATION_KILLED;
}

static void post(const struct aet_generation *generation, enum aet_fact_kind kind, uint64_t number)
{
	aet_fact_post(&(struct aet_fact){
		.kind = kind, .generation = generation->number, .number = number});
}

static void note_exec_failure(struct aet_generation *generation, int error)
{
	generation->exec_error = error;
	generation->status = (error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXEC) << 8;
	post(generation, AET_FACT_NOT_EXECUTED, (uint64_t)error);
}

/* The pipe closes at a successful exec, and carries errno otherwise. */
static void on_exec(struct aet_source *source, uint32_t events)
{
	struct aet_generation *generation = source->data;
	int error = 0;
	ssize_t got = read(source->fd, &error, sizeof(error));

	(void)events;
	aet_loop_remove(source);
	aet_fd_close(&source->fd);
	if (got == (ssize_t)sizeof(error))
		note_exec_failure(generation, error);
	else
		generation->running = true;
}

static void on_notify(struct aet_source *source, uint32_t events)
{
	struct aet_generation *generation = source->data;
	char text[4096];
	ssize_t got;

	(void)events;
	while ((got = recv(source->fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[got] = '\0';
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (strcmp(line, "READY=1") == 0)
				generation->notified = true;
	}
	if (generation->notified)
		post(generation, AET_FACT_NOTIFIED, 0);
}

static struct aet_generation *new_generation(uint32_t number)
{
	for (struct aet_generation *g = aet_generations; g < aet_generations + AET_GENERATIONS_MAX;
		g++) {
		if (g->state != AET_GENERATION_FREE)
			continue;
		*g = (struct aet_generation){.state = AET_GENERATION_ALIVE,
			.number = number,
			.notify_fd = -1,
			.born_ms = aet_now_ms()};
		return g;
	}
	return NULL;
}

/* A dump waits for requests and freezes connections: only with state must the library see them. */
static bool has_to_follow(const struct aet_config *config)
{
	return config->connections != AET_CONNECTIONS_DRAIN || aet_service.has_state ||
		(config->state && config->state[0]);
}

int aet_generation_start(const struct aet_config *config, uint32_t number, bool parked,
	bool is_static, struct aet_generation **ret_generation)
{
	struct aet_generation *generation = new_generation(number);
	struct aet_spawn spawn = {
		.config = config, .number = number, .parked = parked && !is_static, .exec_fd = -1};
	int result;

	if (!generation)
		return -EAGAIN;
	generation->is_static = is_static;
	generation->reaches_old = config->reach_old;
	generation->follows = !is_static && has_to_follow(config);
	spawn.follows = has_to_follow(config);
	if (config->ready == AET_READY_NOTIFY)
		generation->notify_fd = aet_spawn_notify_socket(number, spawn.notify_name);
	result = aet_spawn(&spawn);
	if (result < 0) {
		aet_fd_close(&generation->notify_fd);
		generation->state = AET_GENERATION_FREE;
		return result;
	}
	generation->pid = generation->group = spawn.pid;
	(void)aet_loop_add(&generation->exec_source, spawn.exec_fd, on_exec, generation);
	if (generation->notify_fd >= 0)
		(void)aet_loop_add(
			&generation->notify_source, generation->notify_fd, on_notify, generation);
	*ret_generation = generation;
	return 0;
}

/* A program that goes to the background leaves its process group: its environment names its
 * generation. 0: it names none of this launcher, or the process has overwritten it. */
static uint32_t generation_of_orphan(pid_t pid)
{
	static char text[65536]; /* the launcher's variables come last */
	char path[32];
	size_t length;
	uint32_t number = 0;
	bool ours = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	length = aet_text_file_read(path, text, sizeof(text));
	for (char *entry = text; entry < text + length; entry += strlen(entry) + 1) {
		if (strncmp(entry, "AETERNA_GENERATION=", 19) == 0)
			number = (uint32_t)strtoul(entry + 19, NULL, 10);
		else if (strncmp(entry, "AETERNA_CONTROL=", 16) == 0)
			ours = strstr(entry, aet_service.control_name) != NULL;
	}
	return ours ? number : 0;
}

/* A master that has written its title over its environment (nginx): its workers are members. */
static void find_generation_of_child(pid_t pid, void *data)
{
	uint32_t *number = data;

	if (*number == 0)
		*number = aet_member_generation(pid);
}

static bool is_root_of(const struct aet_tree_entry *entry, const void *data)
{
	const struct aet_generation *generation = data;
	uint32_t number;

	if (entry->pid == generation->pid || entry->group == generation->group)
		return true;
	if (aet_member_generation(entry->pid) != 0)
		return aet_member_generation(entry->pid) == generation->number;
	if (entry->parent != getpid() || aet_generation_by_pid(entry->pid))
		return false;
	number = generation_of_orphan(entry->pid);
	if (number == 0)
		aet_tree_visit_children(entry->pid, find_generation_of_child, &number);
	return number == generation->number;
}

/* A session that is neither the launcher's nor one that the first process has made. What serves is
 * never detached, nor is the master of what serves: it would start it again. */
bool aet_generation_has_detached(const struct aet_generation *generation, pid_t pid)
{
	pid_t session = getsid(pid);
	uint32_t number = aet_member_generation(pid);

	if (session <= 0 || session == getsid(0) || session == generation->group)
		return false;
	aet_tree_visit_children(pid, find_generation_of_child, &number);
	return number == 0;
}

struct filter {
	const struct aet_generation *generation;
	aet_tree_visit_fn *visit;
	void *data;
	bool keeps_detached;
	int visited;
};

static void visit_own(pid_t pid, void *data)
{
	struct filter *filter = data;

	if (filter->keeps_detached && aet_generation_has_detached(filter->generation, pid))
		return;
	filter->visited++;
	if (filter->visit)
		filter->visit(pid, filter->data);
}

int aet_generation_visit(
	const struct aet_generation *generation, aet_tree_visit_fn *visit, void *data)
{
	struct filter filter = {.generation = generation,
		.visit = visit,
		.data = data,
		.keeps_detached = generation->was_ready && aet_service.config->keep_children};

	(void)aet_tree_visit(is_root_of, generation, visit_own, &filter);
	return filter.visited;
}

static bool is_any(pid_t pid)
{
	(void)pid;
	return true;
}

static bool is_orphan(pid_t pid)
{
	return !aet_generation_by_pid(pid);
}

/* Every process of a generation descends from its first one, or is an orphan: the launcher's child. */
bool aet_generation_is_single(const struct aet_generation *generation)
{
	return generation->pid > 0 && !aet_tree_may_have_child(generation->pid, is_any) &&
		!aet_tree_may_have_child(getpid(), is_orphan);
}

static void send_signal(pid_t pid, void *data)
{
	(void)kill(pid, *(int *)data);
}

int aet_generation_signal(const struct aet_generation *generation, int signal)
{
	return aet_generation_visit(generation, send_signal, &signal);
}

bool aet_generation_is_alive(const struct aet_generation *generation)
{
	return aet_generation_visit(generation, NULL, NULL) > 0;
}

static void finish(struct aet_generation *generation)
{
	uint32_t number = generation->number;

	aet_timer_stop(&generation->timer);
	if (generation->exec_source.ready) {
		aet_loop_remove(&generation->exec_source);
		aet_fd_close(&generation->exec_source.fd);
	}
	aet_loop_remove(&generation->notify_source);
	aet_fd_close(&generation->notify_fd);
	free(generation->old.inodes);
	generation->state = AET_GENERATION_FREE;
	aet_listener_forget_generation(number);
	aet_log_debug("generation %u is gone", number);
	aet_fact_post(&(struct aet_fact){.kind = AET_FACT_GONE, .generation = number});
}

void aet_generation_bury_if_gone(struct aet_generation *generation)
{
	if (generation->state == AET_GENERATION_FREE || generation->pid != 0)
		return;
	if (!aet_generation_is_alive(generation))
		finish(generation);
}

void aet_generation_reaped(struct aet_generation *generation, int status)
{
	generation->pid = 0;
	generation->main_gone = true;
	generation->gone_ms = aet_now_ms();
	generation->status = status;
	/* The pipe says why exec failed; it may not have been read yet. */
	if (generation->exec_source.ready)
		generation->exec_source.ready(&generation->exec_source, 0);
	post(generation, AET_FACT_EXITED, 0);
}
