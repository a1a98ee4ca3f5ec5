#include "control/control.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "control/control_name.h"
#include "control/library.h"
#include "base/log.h"
#include "base/loop.h"
#include "control/status.h"
#include "control/status_text.h"
#include "service/fact.h"
#include "service/service.h"
#include "service/waiter.h"
#include "swap/inquire.h"
#include "state/restore.h"
#include "state/state.h"
#include "state/state_file.h"
#include "state/state_set.h"
#include "state/state_writer.h"
#include "swap/discard.h"
#include "util.h"

struct aet_client {
	struct aet_client *next;
	int fd;
	struct ucred peer;
	bool is_library;
	bool json;
	bool has_asked;
	uint64_t number; /* no other client ever has it */
	int output; /* `snapshot --output`: the file; -1: none */
	struct aet_waiter waiter;
	uint32_t serial;
	uint16_t type;
	struct aet_source source;
	struct aet_timer patience;
};

static struct aet_client *clients;
static int client_count;
static struct aet_source library_source;
static struct aet_source command_sources[2];

static void drop(struct aet_client *client)
{
	for (struct aet_client **at = &clients; *at; at = &(*at)->next) {
		if (*at == client) {
			*at = client->next;
			break;
		}
	}
	client_count--;
	aet_waiter_remove(&client->waiter);
	aet_timer_stop(&client->patience);
	aet_loop_remove(&client->source);
	aet_fd_close(&client->fd);
	aet_fd_close(&client->output);
	aet_loop_free_later(&client->source, client);
}

static void answer(
	struct aet_client *client, int exit_code, const char *line, aet_status_printer *print)
{
	struct aet_command_reply reply = {.exit_code = exit_code};
	AET_CLOSE int fd = print ? aet_status_text(print, client->json) : -1;

	if (print && fd < 0 && client->type == AET_MSG_STATUS) {
		reply.exit_code = 1;
		line = "no memory for the answer";
	}
	aet_header_init(&reply.header, client->type | AET_WIRE_REPLY, client->serial, 0);
	(void)snprintf(reply.text, sizeof(reply.text), "%s", line);
	(void)aet_message_send(
		client->fd, &reply, sizeof(reply), &fd, fd >= 0 ? 1 : 0, MSG_DONTWAIT);
	drop(client);
}

static struct aet_client *client_of(uint64_t number)
{
	for (struct aet_client *client = clients; client; client = client->next)
		if (client->number == number)
			return client;
	return NULL;
}

/* data: the client's number. */
static void on_output(void *data, int result)
{
	struct aet_client *client = client_of((uint64_t)(uintptr_t)data);
	char line[128];

	if (!client)
		return;
	(void)snprintf(line, sizeof(line), "not_written: %s", strerror(-result));
	answer(client, result < 0, result < 0 ? line : "", NULL);
}

/* `snapshot --output`: the client has its answer when the file is whole. */
static void write_output(struct aet_client *client)
{
	const struct aet_state_set *kept = aet_state_kept();
	const char *refusal = kept->count > 0 ? aet_state_file_refusal(kept) : "it is gone";
	struct aet_state_write what = {.set = kept,
		.fd = client->output,
		.why = "",
		.done = on_output,
		.data = (void *)(uintptr_t)client->number};
	char line[128];
	int result = refusal ? 0 : aet_state_writer_begin(&what);

	if (!refusal && result == 0)
		return;
	(void)snprintf(
		line, sizeof(line), "not_written: %s", refusal ? refusal : strerror(-result));
	answer(client, 1, line, NULL);
}

/* A waiter's answer; for `reload --json` the status is the report. */
static void on_answer(struct aet_waiter *waiter, const struct aet_answer *answered)
{
	struct aet_client *client = AET_CONTAINER_OF(waiter, struct aet_client, waiter);
	aet_status_printer *print = answered->print;

	if (client->output >= 0 && answered->exit_code == 0) {
		write_output(client);
		return;
	}
	if (waiter->kind == AET_WAITER_RELOAD && client->json && !aet_service.stopping)
		print = aet_status_print;
	answer(client, answered->exit_code, answered->line, print);
}

static void wait_for(
	struct aet_client *client, enum aet_waiter_kind kind, enum aet_fact_kind request)
{
	aet_waiter_add(&client->waiter, kind, on_answer);
	aet_fact_post(&(struct aet_fact){.kind = request});
}

static void restore(struct aet_client *client, struct aet_message *request)
{
	const struct aet_restore *command = AET_MESSAGE_BODY(request, AET_MSG_RESTORE, aet_restore);
	AET_CLOSE int fd = aet_message_take_fd(request, 0);
	char name[sizeof(command->name)];

	(void)snprintf(name, sizeof(name), "%.*s", (int)sizeof(name) - 1, command->name);
	aet_waiter_add(&client->waiter, AET_WAITER_RESTORE, on_answer);
	aet_restore_offer(fd, name, aet_state_kept());
}

static void on_command(struct aet_client *client, struct aet_message *request)
{
	const struct aet_command *command =
		AET_MESSAGE_BODY(request, request->header.type, aet_command);

	client->has_asked = true;
	client->json = command->flags & AET_COMMAND_JSON;
	client->serial = request->header.serial;
	client->type = request->header.type;
	switch (request->header.type) {
	case AET_MSG_STATUS:
		answer(client, 0, "", aet_status_print);
		break;
	case AET_MSG_RELOAD:
		if (command->flags & AET_COMMAND_DISCARD)
			aet_discard_request(request->fd_count > 0 ? request->fds[0] : -1);
		wait_for(client, AET_WAITER_RELOAD, AET_FACT_REQUEST);
		break;
	case AET_MSG_STOP:
		wait_for(client, AET_WAITER_STOP, AET_FACT_STOP);
		break;
	case AET_MSG_RESTORE:
		restore(client, request);
		break;
	case AET_MSG_DESCRIBE:
		aet_waiter_add(&client->waiter, AET_WAITER_DESCRIBE, on_answer);
		aet_inquire_everything();
		break;
	case AET_MSG_DRY_RUN:
		wait_for(client, AET_WAITER_DRY_RUN, AET_FACT_TRY);
		break;
	default:
		client->output = aet_message_take_fd(request, 0);
		wait_for(client, AET_WAITER_SNAPSHOT, AET_FACT_SNAPSHOT);
		break;
	}
}

/* A flag that means nothing, or a file with a reload that discards nothing. */
static bool is_senseless(const struct aet_message *message)
{
	const struct aet_command *command =
		AET_MESSAGE_BODY(message, message->header.type, aet_command);

	if (command->flags & ~(AET_COMMAND_JSON | AET_COMMAND_DISCARD))
		return true;
	return message->header.type == AET_MSG_RELOAD && message->fd_count > 0 &&
		!(command->flags & AET_COMMAND_DISCARD);
}

static void on_request(struct aet_client *client, struct aet_message *message)
{
	bool keep = false;
	bool is_command = message->header.type >= AET_MSG_RELOAD;

	if (client->has_asked)
		return;
	aet_timer_stop(&client->patience);
	if (aet_message_check_request(message) < 0 || is_command == client->is_library ||
		(is_command && is_senseless(message))) {
		aet_log_warning("process %d sent a malformed or misplaced '%s'", client->peer.pid,
			aet_message_name(message->header.type));
		drop(client);
		return;
	}
	if (is_command) {
		on_command(client, message);
		return;
	}
	/* The connection may become a lifeline: then it leaves this list without being closed. */
	aet_loop_remove(&client->source);
	aet_library_answer(client->fd, client->peer.pid, message, &keep);
	if (keep)
		client->fd = -1;
	drop(client);
}

static void on_client(struct aet_source *source, uint32_t events)
{
	struct aet_client *client = source->data;
	struct aet_message message;
	int result = aet_message_receive(client->fd, &message, MSG_DONTWAIT);

	(void)events;
	if (result == -EAGAIN)
		return;
	if (result <= 0) {
		if (result == -EBADMSG || result == -EMFILE)
			aet_log_warning("process %d sent a malformed message", client->peer.pid);
		drop(client);
		return;
	}
	on_request(client, &message);
	aet_message_drop(&message);
}

static void on_impatience(struct aet_timer *timer)
{
	struct aet_client *client = timer->data;

	aet_log_warning("process %d connected and sent no request: disconnected", client->peer.pid);
	drop(client);
}

static void drop_oldest(void)
{
	struct aet_client *oldest = clients;

	while (oldest && oldest->next)
		oldest = oldest->next;
	if (oldest)
		drop(oldest);
}

/* Only the launcher's user and root may send commands. Library requests carry the token. */
static bool is_allowed(const struct ucred *peer, bool is_library)
{
	return is_library || peer->uid == geteuid() || peer->uid == 0;
}

static void on_connection(struct aet_source *source, uint32_t events)
{
	bool is_library = source == &library_source;
	AET_CLOSE int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	static uint64_t number;
	struct aet_client *client;
	struct ucred peer = {0};
	socklen_t length = sizeof(peer);
	struct aet_header refusal;

	(void)events;
	if (fd < 0)
		return;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
	if (!is_allowed(&peer, is_library)) {
		aet_log_warning("process %d of user %u may not command this launcher", peer.pid,
			(unsigned)peer.uid);
		aet_header_init(&refusal, AET_WIRE_REPLY, 0, EPERM);
		(void)aet_message_send(fd, &refusal, sizeof(refusal), NULL, 0, MSG_DONTWAIT);
		return;
	}
	if (client_count >= AET_CLIENTS_MAX)
		drop_oldest();
	client = calloc(1, sizeof(*client));
	if (!client)
		return;
	client->peer = peer;
	client->is_library = is_library;
	client->number = ++number;
	client->output = -1;
	client->fd = aet_fd_take(&fd);
	client->next = clients;
	clients = client;
	client_count++;
	aet_timer_start(&client->patience, AET_CLIENT_PATIENCE_MS, on_impatience, client);
	if (aet_loop_add(&client->source, client->fd, on_client, client) < 0)
		drop(client);
}

static int listen_on(const char *name, struct aet_source *source)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t length = strlen(name);
	AET_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result;

	if (fd < 0)
		return -errno;
	memcpy(un.sun_path + 1, name, length);
	if (bind(fd, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) < 0 ||
		listen(fd, 4096) < 0)
		return -errno;
	result = aet_loop_add(source, fd, on_connection, NULL);
	if (result == 0)
		fd = -1; /* the source keeps it as long as the launcher runs */
	return result;
}

int aet_control_open(const char *config_path)
{
	char name[108];
	int result = listen_on(aet_service.control_name, &library_source);

	if (result < 0)
		return result;
	aet_control_name_by_pid((int)getpid(), name, sizeof(name));
	if (listen_on(name, &command_sources[0]) < 0)
		aet_log_warning("another process answers for --pid %d", (int)getpid());
	aet_control_name_by_path(config_path, geteuid(), name, sizeof(name));
	if (listen_on(name, &command_sources[1]) < 0)
		aet_log_warning("another launcher answers for '%s': use --pid %d for this one",
			config_path, (int)getpid());
	return 0;
}
