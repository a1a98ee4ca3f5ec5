/*
 * The life of one connection. Every request ends in exactly one of succeed() and fail(); both hand
 * the client back to the run, which decides what comes next. Nothing is tried twice, save connect()
 * to a Unix socket whose queue is full, where a blocking client would simply wait.
 */
#include "client.h"
#include "answer.h"
#include "clock.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_ANSWER (16u << 20)

static enum aet_kind kind_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* a Unix socket's path is gone */
		return AET_KIND_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return AET_KIND_RESET;
	default:
		return AET_KIND_OTHER;
	}
}

static void drop_buffer(struct aet_client *client)
{
	free(client->buf);
	client->buf = NULL;
	client->len = client->room = 0;
}

void aet_client_fini(struct aet_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->state = AET_CLIENT_CLOSED;
	drop_buffer(client);
}

static void fail(struct aet_client *client, enum aet_kind kind, const char *detail)
{
	int version = client->state == AET_CLIENT_CONNECTING ? AET_NO_CONNECTION : AET_NO_ANSWER;

	if (aet_tally_fail(&client->run->tally, client->class, client->scheduled_ns,
		    aet_clock_now(), kind, version, detail))
		client->run->broken = true;
	aet_client_fini(client);
	aet_run_request_over(client->run, client);
}

static void fail_errno(struct aet_client *client, const char *call, int error)
{
	char detail[96];

	(void)snprintf(detail, sizeof(detail), "%s: %s", call, strerror(error));
	fail(client, kind_of(error), detail);
}

static void send_request(struct aet_client *client)
{
	const char *request =
		client->class == AET_CLASS_NEW ? client->target->once : client->target->again;
	size_t len;
	ssize_t n;

	if (client->target->protocol == AET_PROTOCOL_UDP)
		request = client->payload;
	len = strlen(request);
	client->state = AET_CLIENT_SENDING;
	while (client->sent < len) {
		n = send(client->fd, request + client->sent, len - client->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			fail_errno(client, "send", errno);
			return;
		}
		client->sent += (size_t)n;
	}
	client->state = AET_CLIENT_WAITING;
}

static void note_port(struct aet_client *client)
{
	struct sockaddr_in6 name; /* the port is at the same place for both families */
	socklen_t len = sizeof(name);

	if (client->target->address.ss_family == AF_UNIX)
		return;
	if (!getsockname(client->fd, (struct sockaddr *)&name, &len))
		client->port = ntohs(name.sin6_port);
}

/* A second of this process's own time: see hold.h. */
static uint64_t deadline_of(const struct aet_client *client)
{
	const struct aet_run *run = client->run;

	return client->scheduled_ns + run->options->deadline_ns +
		(run->hold.total_ns - client->held_ns);
}

static void connect_socket(struct aet_client *client, uint64_t now_ns)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
	struct aet_run *run = client->run;

	client->state = AET_CLIENT_CONNECTING;
	if (connect(client->fd, (struct sockaddr *)&client->target->address,
		    client->target->address_len) < 0 &&
		errno != EINPROGRESS) {
		if (errno != EAGAIN || client->target->address.ss_family != AF_UNIX) {
			fail_errno(client, "connect", errno);
			return;
		}
		run->tally.backlog_waits++;
		client->state = AET_CLIENT_QUEUED;
		(void)aet_heap_set(&run->heap, client, now_ns + AET_NS_PER_MS);
		return;
	}
	if (aet_heap_set(&run->heap, client, deadline_of(client)))
		run->broken = true;
	if (epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) < 0)
		fail_errno(client, "epoll_ctl", errno);
}

static void open_socket(struct aet_client *client, uint64_t now_ns)
{
	int fd = aet_target_socket(client->target);

	if (fd < 0) {
		fail_errno(client, "socket", -fd);
		return;
	}
	if (client->class == AET_CLASS_KEEPALIVE) {
		client->run->tally.opened++;
		if (client->connections++)
			client->run->tally.reopened++;
	}
	client->fd = fd;
	connect_socket(client, now_ns);
	if (client->fd >= 0 && client->class == AET_CLASS_KEEPALIVE &&
		client->state != AET_CLIENT_QUEUED)
		note_port(client);
}

void aet_client_begin(struct aet_client *client, uint64_t scheduled_ns, uint64_t now_ns)
{
	struct aet_run *run = client->run;

	client->scheduled_ns = scheduled_ns;
	client->held_ns = aet_hold_until(&run->hold, scheduled_ns);
	client->sent = 0;
	run->in_flight++;
	if (client->target->protocol == AET_PROTOCOL_UDP)
		(void)snprintf(client->payload, sizeof(client->payload), "p%llu",
			(unsigned long long)++run->payload_no);
	if (client->fd < 0) {
		open_socket(client, now_ns);
		return;
	}
	if (aet_heap_set(&run->heap, client, deadline_of(client)))
		run->broken = true;
	send_request(client);
}

static bool is_expected(const struct aet_client *client, const struct aet_answer *answer)
{
	size_t len = strlen(client->payload);

	if (client->target->protocol == AET_PROTOCOL_UDP &&
		(answer->body_len < len + 1 || answer->body[answer->body_len - len - 1] != ' ' ||
			memcmp(answer->body + answer->body_len - len, client->payload, len)))
		return false;
	return aet_options_expect(client->run->options, answer->body, answer->body_len);
}

static void succeed(struct aet_client *client, const struct aet_answer *answer)
{
	struct aet_run *run = client->run;
	bool last = answer->last || client->class == AET_CLASS_NEW;
	uint64_t now_ns = aet_hold_look(&run->hold);

	/* The answer may be looked at before the deadline is, when this process was held up. */
	if (now_ns > deadline_of(client)) {
		fail(client, AET_KIND_LATE, "answered after the deadline");
		return;
	}
	if (!is_expected(client, answer)) {
		char detail[96];

		(void)snprintf(detail, sizeof(detail), "body '%.*s'",
			(int)(answer->body_len < 60 ? answer->body_len : 60), answer->body);
		fail(client, AET_KIND_WRONG_BODY, detail);
		return;
	}
	if (aet_tally_ok(&run->tally, client->class, client->scheduled_ns, now_ns, answer->body,
		    answer->body_len))
		run->broken = true;
	client->answers++;
	if (last && client->class == AET_CLASS_KEEPALIVE)
		run->tally.closed_announced++;
	if (last) {
		aet_client_fini(client);
	} else {
		drop_buffer(client);
		client->state = AET_CLIENT_IDLE;
	}
	aet_run_request_over(run, client);
}

/* Room for more, and for the NUL that the parsers rely on. */
static int grow_buffer(struct aet_client *client)
{
	size_t room = client->room ? client->room * 4 : 1024;
	char *bigger;

	if (client->len + 1 < client->room)
		return 0;
	bigger = room > MAX_ANSWER ? NULL : realloc(client->buf, room);
	if (!bigger)
		return -ENOMEM;
	client->buf = bigger;
	client->room = room;
	return 0;
}

/* True when the answer is over, one way or the other. */
static bool look_at_answer(struct aet_client *client, bool eof)
{
	struct aet_answer answer;
	char detail[96];

	client->buf[client->len] = '\0';
	switch (aet_answer_parse(client->target, client->buf, client->len, eof, &answer)) {
	case AET_ANSWER_DONE:
		succeed(client, &answer);
		return true;
	case AET_ANSWER_BAD:
		fail(client, AET_KIND_WRONG_BODY, answer.why);
		return true;
	case AET_ANSWER_MORE:
		break;
	}
	if (!eof)
		return false;
	(void)snprintf(
		detail, sizeof(detail), "end of file after %zu bytes of the answer", client->len);
	fail(client, AET_KIND_EOF, detail);
	return true;
}

static void read_answer(struct aet_client *client)
{
	for (;;) {
		ssize_t n;

		if (grow_buffer(client)) {
			fail(client, AET_KIND_OTHER, "answer too long");
			return;
		}
		n = recv(client->fd, client->buf + client->len, client->room - 1 - client->len, 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			fail_errno(client, "recv", errno);
			return;
		}
		client->len += (size_t)n;
		if (look_at_answer(client, n == 0))
			return;
	}
}

/* Between two requests: an orderly close is the server's right, anything else is a failure. */
static void read_idle(struct aet_client *client)
{
	char byte;
	ssize_t n = recv(client->fd, &byte, 1, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 0) {
		client->run->tally.closed_idle++;
		aet_client_fini(client);
		return;
	}
	client->scheduled_ns = aet_clock_now();
	client->run->in_flight++;
	if (n > 0)
		fail(client, AET_KIND_WRONG_BODY, "bytes without a request");
	else
		fail_errno(client, "recv while idle", errno);
}

void aet_client_on_event(struct aet_client *client, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	switch (client->state) {
	case AET_CLIENT_CONNECTING:
		if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
			error = errno;
		if (error) {
			fail_errno(client, "connect", error);
			return;
		}
		send_request(client);
		return;
	case AET_CLIENT_SENDING:
		send_request(client);
		return;
	case AET_CLIENT_WAITING:
		read_answer(client);
		/* An end of file that came with the answer has no event of its own. */
		if (client->state == AET_CLIENT_IDLE && events & EPOLLRDHUP)
			read_idle(client);
		return;
	case AET_CLIENT_IDLE:
		read_idle(client);
		return;
	case AET_CLIENT_CLOSED:
	case AET_CLIENT_QUEUED:
		return;
	}
}

void aet_client_on_due(struct aet_client *client, uint64_t now_ns)
{
	static const char *const late[] = {
		[AET_CLIENT_CLOSED] = "",
		[AET_CLIENT_QUEUED] = "no place in the queue by the deadline",
		[AET_CLIENT_CONNECTING] = "no connection by the deadline",
		[AET_CLIENT_SENDING] = "request not taken by the deadline",
		[AET_CLIENT_WAITING] = "no answer by the deadline",
		[AET_CLIENT_IDLE] = "",
	};
	uint64_t deadline_ns = deadline_of(client);

	if (client->state == AET_CLIENT_CLOSED || client->state == AET_CLIENT_IDLE)
		aet_client_begin(client, client->next_ns, now_ns);
	else if (client->state == AET_CLIENT_QUEUED && now_ns < deadline_ns)
		connect_socket(client, now_ns);
	else if (now_ns < deadline_ns) /* put off meanwhile */
		(void)aet_heap_set(&client->run->heap, client, deadline_ns);
	else
		fail(client, AET_KIND_LATE, late[client->state]);
}
