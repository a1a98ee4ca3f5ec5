#include "control/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "fd.h"
#include "listen/claim.h"
#include "listen/group.h"
#include "listen/placeholder.h"
#include "base/log.h"
#include "process/book_writer.h"
#include "process/generation.h"
#include "process/member.h"
#include "process/proc_signals.h"
#include "swap/handoff_queue.h"
#include "swap/names.h"
#include "swap/privacy.h"
#include "swap/swap.h"
#include "swap/too_many.h"
#include "state/inquiry.h"
#include "state/attach.h"
#include "state/state_rpc.h"
#include "service/fact.h"
#include "service/service.h"

static void reply_error(int fd, const struct aet_message *request, int error)
{
	struct aet_header header;

	aet_header_init(
		&header, request->header.type | AET_WIRE_REPLY, request->header.serial, error);
	(void)aet_message_send(fd, &header, sizeof(header), NULL, 0, MSG_DONTWAIT);
}

static bool is_descendant(const struct aet_message *request)
{
	/* Every request starts alike; a note, which belongs on a lifeline, is shorter. */
	const struct aet_hello *hello = AET_MESSAGE_BODY(request, request->header.type, aet_hello);
	uint8_t differs = 0;

	if (!hello)
		return false;
	for (size_t i = 0; i < sizeof(aet_service.token); i++)
		differs |= hello->credential.token[i] ^ aet_service.token[i];
	return differs == 0;
}

/* A description of the page's file that is the process's own: a lock on it is too (fcntl(2)). */
static int open_page(void)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", aet_service.page_fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void answer_hello(int fd, pid_t pid, const struct aet_message *request, bool *ret_keep)
{
	const struct aet_hello *hello = AET_MESSAGE_BODY(request, AET_MSG_HELLO, aet_hello);
	struct aet_hello_reply reply = {0};
	struct aet_generation *generation = aet_generation_get(hello->credential.generation);
	const struct aet_member *member = NULL;
	int page;

	if (aet_generation_counts(hello->credential.generation))
		member = aet_member_add(fd, pid, generation->number);
	if (!member) {
		reply_error(fd, request, EAGAIN);
		return;
	}
	generation->has_joined = true;
	*ret_keep = true;
	reply.slot = member->slot;
	aet_header_init(&reply.header, AET_MSG_HELLO | AET_WIRE_REPLY, request->header.serial, 0);
	page = open_page();
	(void)aet_message_send(fd, &reply, sizeof(reply), page >= 0 ? &page : &aet_service.page_fd,
		1, MSG_DONTWAIT);
	aet_fd_close(&page);
	aet_log_debug(
		"process %d of generation %u takes part", (int)pid, hello->credential.generation);
}

/* Adds both ends of the listener's handoff queue, if the generation follows connections; returns 2
 * or 0. */
static int add_queue(struct aet_listener *listener, uint32_t generation, int fds[2])
{
	const struct aet_generation *of = aet_generation_get(generation);

	if (!of || !of->follows || listener->address.type == SOCK_DGRAM ||
		aet_queue_ends(listener, &fds[0], &fds[1]) < 0)
		return 0;
	return 2;
}

/* A parent that binds what its workers listen on stands still with them (swap/beside.h). It needs a
 * lifeline for that, in the first generation too. */
static bool takes_part_by_bind(const struct aet_bind *bind)
{
	const struct aet_config *config = aet_service.config;

	return aet_generation_counts(bind->credential.generation) &&
		(aet_service.has_state || (config->state && config->state[0])) &&
		bind->address.type == SOCK_STREAM;
}

static void answer_bind(int fd, pid_t pid, const struct aet_message *request)
{
	const struct aet_bind *bind = AET_MESSAGE_BODY(request, AET_MSG_BIND, aet_bind);
	uint32_t generation = bind->credential.generation;
	struct aet_bind_reply reply = {.verdict = AET_VERDICT_PASS};
	struct aet_listener *listener = NULL;
	char address[AET_ADDRESS_TEXT];
	int fds[4];
	int count = 0;

	aet_header_init(&reply.header, AET_MSG_BIND | AET_WIRE_REPLY, request->header.serial, 0);
	if (aet_generation_counts(generation))
		listener = aet_claim(&bind->address, bind->flags,
			&(struct aet_claimant){.generation = generation,
				.pid = (int)pid,
				.cookie = bind->cookie,
				.waits = aet_swap.candidate &&
					aet_swap.candidate->number == generation});
	if (listener) {
		fds[0] = listener->fd;
		fds[1] = aet_listener_placeholder(listener, generation);
	}
	if (listener && fds[1] >= 0) {
		reply.verdict = AET_VERDICT_ADOPT;
		reply.listener = aet_listener_id(listener);
		reply.address = listener->address;
		count = 2 + add_queue(listener, generation, fds + 2);
		aet_privacy_adopted(listener, generation);
		aet_listener_bind(listener, generation);
		aet_book_write();
	}
	if (!listener && takes_part_by_bind(bind))
		reply.verdict = AET_VERDICT_JOIN;
	(void)aet_address_format(&bind->address, address, sizeof(address));
	aet_log_debug("process %d of generation %u binds %s: %s", (int)pid, generation, address,
		count ? "adopts the kept listener" : "not ours");
	(void)aet_message_send(fd, &reply, sizeof(reply), fds, count, MSG_DONTWAIT);
}

static void say_if_it_cannot_take_part(pid_t pid)
{
	static bool is_said;

	if (is_said || aet_member_generation(pid) != 0 || !aet_proc_signals_are_taken(pid))
		return;
	is_said = true;
	aet_log_warning("process %d handles every real-time signal, and the library needs one from "
			"36 to 62: the program serves, but it cannot be swapped",
		(int)pid);
}

/* Keeps a listener that the launcher did not know; NULL: it is left to the program. */
static struct aet_listener *keep(struct aet_message *request, pid_t pid)
{
	const struct aet_offer *offer = AET_MESSAGE_BODY(request, AET_MSG_OFFER, aet_offer);
	enum aet_privacy privacy;
	struct aet_listener *listener;
	char address[AET_ADDRESS_TEXT];
	int fd;

	if (offer->flags & AET_SOCKET_IF_KNOWN)
		return NULL;
	privacy = aet_privacy_of(offer);
	if (aet_privacy_leaves(offer, privacy)) {
		aet_privacy_note(offer, pid, privacy);
		return NULL;
	}
	fd = aet_message_take_fd(request, 0);
	listener = aet_listener_keep(fd, &offer->address, offer->flags, offer->backlog);
	(void)aet_address_format(&offer->address, address, sizeof(address));
	if (!listener) {
		aet_too_many_note(offer->credential.generation, address);
		aet_fd_close(&fd);
		return NULL;
	}
	if ((offer->flags & AET_SOCKET_TO_LISTEN) && aet_group_join(listener, offer->backlog) < 0) {
		aet_listener_drop(listener);
		return NULL;
	}
	listener->since = offer->credential.generation;
	listener->privacy = privacy;
	listener->offered_ms = aet_now_ms();
	say_if_it_cannot_take_part(pid);
	aet_privacy_settle(); /* a helper's may have come before */
	if (privacy == AET_PRIVACY_NONE)
		aet_log_info("%s is kept as FD %d", address, 3 + aet_listener_count() - 1);
	return listener;
}

static void answer_offer(int fd, pid_t pid, struct aet_message *request)
{
	const struct aet_offer *offer = AET_MESSAGE_BODY(request, AET_MSG_OFFER, aet_offer);
	uint32_t generation = offer->credential.generation;
	struct aet_offer_reply reply = {.verdict = AET_VERDICT_PASS};
	bool is_placeholder = false;
	struct aet_listener *listener = aet_listener_by_cookie(offer->cookie, &is_placeholder);
	int fds[4];
	int count = 0;

	aet_header_init(&reply.header, AET_MSG_OFFER | AET_WIRE_REPLY, request->header.serial, 0);
	if (!aet_generation_counts(generation))
		listener = NULL;
	else if (listener)
		reply.verdict = is_placeholder ? AET_VERDICT_PLACEHOLDER : AET_VERDICT_KNOWN;
	else if ((listener = aet_claim_find(offer->cookie, generation)))
		reply.verdict = AET_VERDICT_CLAIMED;
	else if ((listener = keep(request, pid)))
		reply.verdict = AET_VERDICT_KEPT;
	if (listener && (fds[0] = aet_listener_placeholder(listener, generation)) >= 0) {
		fds[1] = listener->fd;
		count = 2 + add_queue(listener, generation, fds + 2);
		reply.listener = aet_listener_id(listener);
		reply.address = listener->address;
		aet_listener_adopt(listener, generation, (int)pid);
		aet_listener_bind(listener, generation);
		aet_privacy_settle();
		aet_fact_post(
			&(struct aet_fact){.kind = AET_FACT_LISTENERS, .generation = generation});
	} else {
		reply.verdict = AET_VERDICT_PASS;
	}
	aet_book_write();
	(void)aet_message_send(fd, &reply, sizeof(reply), fds, count, MSG_DONTWAIT);
}

/* The page alone: no lifeline, and no part in a swap. */
static void answer_view(int fd, const struct aet_message *request)
{
	struct aet_view_reply reply = {0};

	aet_header_init(&reply.header, AET_MSG_VIEW | AET_WIRE_REPLY, request->header.serial, 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), &aet_service.page_fd, 1, MSG_DONTWAIT);
}

static void answer_knock(int fd, const struct aet_message *request)
{
	const struct aet_knock *knock = AET_MESSAGE_BODY(request, AET_MSG_KNOCK, aet_knock);
	struct aet_listener *listener = aet_listener_get(knock->listener);
	struct aet_knock_reply reply = {0};
	int result = -ENOENT;

	if (listener && aet_generation_counts(knock->credential.generation))
		result = aet_listener_open_door(listener, knock->credential.generation);
	aet_book_write();
	aet_header_init(&reply.header, AET_MSG_KNOCK | AET_WIRE_REPLY, request->header.serial,
		result < 0 ? -result : 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
}

static void answer_path(int fd, const struct aet_message *request)
{
	const struct aet_path *path = AET_MESSAGE_BODY(request, AET_MSG_PATH, aet_path);
	struct aet_path_reply reply = {.verdict = AET_VERDICT_PASS};
	const struct aet_listener *listener = aet_listener_by_file(path->dev, path->ino);

	aet_header_init(&reply.header, AET_MSG_PATH | AET_WIRE_REPLY, request->header.serial, 0);
	if (listener && !listener->is_private && listener->privacy != AET_PRIVACY_PROCESS_NAME)
		reply.verdict = AET_VERDICT_HELD;
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
}

void aet_library_answer(int fd, pid_t pid, struct aet_message *request, bool *ret_keep)
{
	if (!is_descendant(request)) {
		aet_log_warning("process %d is no descendant of the program: its '%s' is refused",
			(int)pid, aet_message_name(request->header.type));
		reply_error(fd, request, EPERM);
		return;
	}
	switch (request->header.type) {
	case AET_MSG_HELLO:
		answer_hello(fd, pid, request, ret_keep);
		break;
	case AET_MSG_BIND:
		answer_bind(fd, pid, request);
		break;
	case AET_MSG_OFFER:
		answer_offer(fd, pid, request);
		break;
	case AET_MSG_PATH:
		answer_path(fd, request);
		break;
	case AET_MSG_VIEW:
		answer_view(fd, request);
		break;
	case AET_MSG_KNOCK:
		answer_knock(fd, request);
		break;
	case AET_MSG_STATE:
		aet_state_answer(fd, request);
		break;
	case AET_MSG_REPORT:
		aet_state_take_report(fd, pid, request);
		break;
	case AET_MSG_DESCRIBED:
		aet_inquiry_take(fd, request);
		break;
	case AET_MSG_FDS:
		aet_state_answer_fds(fd, request);
		break;
	case AET_MSG_LOADED:
		aet_state_take_sections(fd, request);
		break;
	case AET_MSG_ATTACH:
		aet_attach_answer(fd, request);
		break;
	case AET_MSG_NAMES:
		aet_names_answer(fd, request);
		break;
	default:
		reply_error(fd, request, EOPNOTSUPP);
		break;
	}
}
