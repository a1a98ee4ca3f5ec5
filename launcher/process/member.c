#include "process/member.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "listen/claim.h"
#include "listen/placeholder.h"
#include "base/log.h"
#include "msgio.h"
#include "process/tree.h"
#include "service/fact.h"
#include "service/service.h"

#define NOTES_AT_ONCE 64 /* of one process: facts wait meanwhile */

static struct aet_member *members;
static int member_count;
static aet_member_moved_fn *moved_note;
static aet_member_stayed_fn *stayed_note;

static uint32_t last_order;
static bool slot_taken[AET_PAGE_SLOTS];

static uint32_t take_slot(void)
{
	uint32_t slot = 0;

	while (slot < AET_PAGE_SLOTS && slot_taken[slot])
		slot++;
	if (slot < AET_PAGE_SLOTS)
		slot_taken[slot] = true;
	return slot;
}

/* What members answered that have left, of the newest generations alone. */
#define LEFT_MAX 8
static struct {
	uint32_t generation;
	unsigned answered;
} left[LEFT_MAX];

static unsigned answered_in(uint32_t slot)
{
	return slot < AET_PAGE_SLOTS ? atomic_load(&aet_service.page->slots[slot].answered) : 0;
}

static void keep_answered(const struct aet_member *member)
{
	unsigned place = member->generation % LEFT_MAX;

	if (left[place].generation != member->generation)
		left[place].answered = 0;
	left[place].generation = member->generation;
	left[place].answered += answered_in(member->slot);
}

/* A process that died in the middle of a request no longer has it in flight. */
static void free_slot(uint32_t slot)
{
	if (slot >= AET_PAGE_SLOTS)
		return;
	slot_taken[slot] = false;
	atomic_store(&aet_service.page->slots[slot].busy, 0);
	atomic_store(&aet_service.page->slots[slot].detached, 0);
	atomic_store(&aet_service.page->slots[slot].answered, 0);
}

static void post(const struct aet_member *member, enum aet_fact_kind kind, uint64_t number)
{
	aet_fact_post(&(struct aet_fact){.kind = kind,
		.generation = member->generation,
		.slot = member->slot,
		.number = number});
}

/* Another member of the generation that has the listener open; NULL: there is none. */
static const struct aet_member *find_holder(const struct aet_member *except, uint32_t listener)
{
	for (const struct aet_member *member = members; member; member = member->next)
		if (member != except && member->generation == except->generation &&
			(member->holds >> listener & 1))
			return member;
	return NULL;
}

/* What the process had open, bound and wanted. It may go on as another program, execve(2). */
static void leave_listeners(const struct aet_member *member)
{
	aet_claim_end_all(member->generation, member->pid);
	AET_FOREACH_LISTENER(l) {
		const struct aet_member *heir = find_holder(member, aet_listener_id(l));

		if (!(member->holds >> aet_listener_id(l) & 1))
			continue;
		/* Its parent may live, and have told nothing yet. */
		if (!heir && (l->adopted_pid == member->pid || aet_tree_is_ending(l->adopted_pid)))
			aet_listener_unbind(l, member->generation);
		aet_listener_leave(l, member->generation, member->pid, heir ? heir->pid : 0);
	}
}

static void drop(struct aet_member *member)
{
	for (struct aet_member **at = &members; *at; at = &(*at)->next) {
		if (*at == member) {
			*at = member->next;
			break;
		}
	}
	member_count--;
	keep_answered(member);
	leave_listeners(member);
	free_slot(member->slot);
	aet_loop_remove(&member->source);
	aet_fd_close(&member->fd);
	aet_log_debug("process %d of generation %u left", (int)member->pid, member->generation);
	post(member, AET_FACT_LEFT, (uint64_t)member->pid);
	aet_loop_free_later(&member->source, member);
}

static void on_listener_note(struct aet_member *member, const struct aet_message *message)
{
	uint32_t id = AET_MESSAGE_BODY(message, message->header.type, aet_interest)->listener;
	struct aet_listener *listener = aet_listener_get(id);

	if (!listener || member->is_ignored)
		return;
	switch (message->header.type) {
	case AET_MSG_INTEREST:
		member->holds |= 1ull << id;
		if (member->order == 0)
			member->order = ++last_order;
		aet_listener_want(listener, member->generation, member->pid);
		aet_listener_bind(listener, member->generation);
		break;
	case AET_MSG_ADOPTED:
		member->holds |= 1ull << id;
		listener->next_backlog =
			AET_MESSAGE_BODY(message, AET_MSG_ADOPTED, aet_adopted)->backlog;
		aet_listener_adopt(listener, member->generation, member->pid);
		aet_listener_bind(listener, member->generation);
		break;
	default: /* WITHDRAW */
		if (AET_MESSAGE_BODY(message, AET_MSG_WITHDRAW, aet_withdraw)->flags &
			AET_WITHDRAW_CLAIM) {
			aet_claim_end(listener, member->generation, member->pid);
			if (listener->adopted != member->generation)
				aet_listener_unbind(listener, member->generation);
			return;
		}
		member->holds &= ~(1ull << id);
		if (find_holder(member, id))
			return;
		listener->withdrawn = member->generation;
		post(member, AET_FACT_WITHDRAWN, id);
		return;
	}
	post(member, AET_FACT_LISTENERS, 0);
}

static void on_hooks(struct aet_member *member, const struct aet_message *message)
{
	const struct aet_hooks *hooks = AET_MESSAGE_BODY(message, AET_MSG_HOOKS, aet_hooks);

	member->dumps = hooks->dumps != 0;
	member->describes = hooks->dumps & AET_HOOKS_DESCRIBES;
	member->loads = hooks->loads != 0;
	member->was_asked = true;
	member->merges = hooks->dumps & AET_HOOKS_MERGES;
	post(member, AET_FACT_HOOKS, hooks->bytes);
}

static void on_connections_note(const struct aet_member *member, const struct aet_message *message)
{
	const struct aet_moved *moved = AET_MESSAGE_BODY(message, AET_MSG_MOVED, aet_moved);
	const struct aet_stayed *stayed = AET_MESSAGE_BODY(message, AET_MSG_STAYED, aet_stayed);

	if (moved && moved_note)
		moved_note(member, moved);
	else if (stayed && stayed_note)
		stayed_note(member, stayed->listener, stayed->count);
}

static void on_let_go(const struct aet_member *member, const struct aet_let_go *note)
{
	aet_log_warning(
		"an answer of generation %u has not come on for %u s: %u background threads "
		"of process %d, which stood still, go on beside the new version",
		member->generation, note->seconds, note->threads, (int)member->pid);
}

static void on_note(struct aet_member *member, const struct aet_message *message)
{
	switch (message->header.type) {
	case AET_MSG_INTEREST:
	case AET_MSG_ADOPTED:
	case AET_MSG_WITHDRAW:
		on_listener_note(member, message);
		break;
	case AET_MSG_GATED:
		member->gated = AET_MESSAGE_BODY(message, AET_MSG_GATED, aet_gated)->word;
		post(member, AET_FACT_GATED, 0);
		break;
	case AET_MSG_MOVED:
	case AET_MSG_STAYED:
		on_connections_note(member, message);
		break;
	case AET_MSG_FOLLOWED:
		member->followed = AET_MESSAGE_BODY(message, AET_MSG_FOLLOWED, aet_followed)->word;
		break;
	case AET_MSG_HOOKS:
		on_hooks(member, message);
		break;
	case AET_MSG_STANDS:
		member->stands = AET_MESSAGE_BODY(message, AET_MSG_STANDS, aet_stands)->word;
		break;
	case AET_MSG_LET_GO:
		on_let_go(member, AET_MESSAGE_BODY(message, AET_MSG_LET_GO, aet_let_go));
		break;
	case AET_MSG_WANTED:
		post(member, AET_FACT_SNAPSHOT, 0);
		break;
	case AET_MSG_RETIRED_RELEASED:
		break;
	default:
		aet_log_warning("process %d sent '%s', which is no note", (int)member->pid,
			aet_message_name(message->header.type));
	}
}

static bool takes_state(const struct aet_member *member)
{
	return member->loads && member->order != 0;
}

static void take_note(struct aet_member *member, const struct aet_message *message)
{
	bool before = takes_state(member);

	on_note(member, message);
	if (!before && takes_state(member))
		post(member, AET_FACT_TAKES_STATE, 0);
}

static void on_ready(struct aet_source *source, uint32_t events)
{
	struct aet_member *member = source->data;
	struct aet_message message;
	int result = 0;

	(void)events;
	for (int i = 0; i < NOTES_AT_ONCE; i++) {
		result = aet_message_receive(member->fd, &message, MSG_DONTWAIT);
		if (result <= 0)
			break;
		if (aet_message_check_request(&message) == 0)
			take_note(member, &message);
		else
			aet_log_warning("process %d sent a malformed note", (int)member->pid);
		aet_message_drop(&message);
	}
	if (result > 0 || result == -EAGAIN)
		return; /* the loop calls again if there are more */
	if (result == -EBADMSG || result == -EMFILE)
		aet_log_warning("process %d sent a malformed note", (int)member->pid);
	else
		drop(member);
}

void aet_members_set_notes(aet_member_moved_fn *moved, aet_member_stayed_fn *stayed)
{
	moved_note = moved;
	stayed_note = stayed;
}

const struct aet_member *aet_member_of_slot(uint32_t slot)
{
	for (const struct aet_member *member = members; member; member = member->next)
		if (member->slot == slot)
			return member;
	return NULL;
}

struct aet_member *aet_member_add(int fd, pid_t pid, uint32_t generation)
{
	struct aet_member *member = NULL;

	if (member_count < AET_MEMBERS_MAX)
		member = calloc(1, sizeof(*member));
	if (!member)
		return NULL;
	member->fd = fd;
	member->pid = pid;
	member->generation = generation;
	member->slot = take_slot();
	if (aet_loop_add(&member->source, fd, on_ready, member) < 0) {
		free_slot(member->slot);
		free(member);
		return NULL;
	}
	member->next = members;
	members = member;
	member_count++;
	return member;
}

#define FUTEX_WAKE 1 /* linux/futex.h, which musl does not have */

void aet_members_wake(uint32_t generation)
{
	/* Threads that a hook blocks sleep on the phase word, futex(2). */
	(void)syscall(SYS_futex, &aet_service.page->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);

	for (struct aet_member *member = members; member; member = member->next) {
		struct aet_wake wake = {0};

		if (member->generation != generation)
			continue;
		aet_header_init(&wake.header, AET_MSG_WAKE, 0, 0);
		(void)aet_message_send(member->fd, &wake, sizeof(wake), NULL, 0, MSG_DONTWAIT);
	}
}

void aet_members_ask_hooks(uint32_t generation)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation)
			member->was_asked = false;
}

void aet_members_ignore(uint32_t generation)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation)
			member->is_ignored = true;
}

bool aet_members_any(uint32_t generation)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation)
			return true;
	return false;
}

bool aet_members_are_gated(uint32_t generation, uint64_t word)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation && member->gated != word)
			return false;
	return true;
}

bool aet_members_followed(uint32_t generation, uint64_t word)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation && member->followed != word)
			return false;
	return true;
}

unsigned aet_members_busy(uint32_t generation)
{
	unsigned busy = 0;

	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation && member->slot < AET_PAGE_SLOTS)
			busy += atomic_load(&aet_service.page->slots[member->slot].busy);
	return busy;
}

void aet_members_count(uint32_t generation, struct aet_busy_count *ret_count)
{
	*ret_count = (struct aet_busy_count){0};
	for (struct aet_member *member = members; member; member = member->next) {
		const struct aet_slot *slot = &aet_service.page->slots[member->slot];

		if (member->generation != generation || member->slot >= AET_PAGE_SLOTS)
			continue;
		ret_count->unquiet += aet_slot_unquiet(slot);
		ret_count->detached += atomic_load(&slot->detached);
	}
}

unsigned aet_members_answered(uint32_t generation)
{
	unsigned place = generation % LEFT_MAX;
	unsigned answered = left[place].generation == generation ? left[place].answered : 0;

	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation)
			answered += answered_in(member->slot);
	return answered;
}

uint32_t aet_member_generation(pid_t pid)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->pid == pid)
			return member->generation;
	return 0;
}

void aet_members_visit(
	uint32_t generation, void (*visit)(const struct aet_member *member, void *data), void *data)
{
	for (struct aet_member *member = members; member; member = member->next)
		if (member->generation == generation)
			visit(member, data);
}
