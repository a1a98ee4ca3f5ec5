#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "aeterna/state.h"
#include "fd.h"
#include "generation.h"
#include "member.h"
#include "msgio.h"
#include "prefault.h"
#include "rehearsal.h"
#include "state_set.h"
#include "supervisor.h"
#include "swap_event.h"
#include "util.h"

static struct aet_state_set fresh; /* being dumped, or dumped and not kept yet */
static struct aet_state_set echo; /* a dry run: what the new version writes after its load */
static struct aet_state_set kept;
static bool kept_is_snapshot;
static struct aet_state_set *set = &fresh; /* of the step in hand */
static uint32_t step; /* AETERNA_STEP_* in hand; 0: none */
static uint32_t serial; /* of the last step published */
static const struct aet_fd_list none;

static unsigned count_with_state(const struct aet_generation *generation, uint32_t kind)
{
	uint32_t slots[AET_STATE_PIECES_MAX];

	return aet_members_with_state(generation->number, kind, slots, AET_STATE_PIECES_MAX);
}

unsigned aet_state_dumpers(const struct aet_generation *generation)
{
	return count_with_state(generation, AETERNA_STEP_DUMP);
}

unsigned aet_state_loaders(const struct aet_generation *generation)
{
	return count_with_state(generation, AETERNA_STEP_LOAD);
}

static void fail(const char *reason, const char *detail)
{
	if (step == 0)
		return;
	aet_swap_set_cause(reason, detail);
	aet_swap_happen(AET_EVENT_STATE_FAILED);
}

void aet_state_prepare(const struct aet_generation *from, enum aet_mechanism mechanism)
{
	aet_state_drop();
	aet_state_set_open(&fresh, aet_state_dumpers(from), mechanism, from->number);
}

/* --- the steps --- */

static int publish(uint32_t kind, const struct aet_generation *generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found =
		aet_members_with_state(generation->number, kind, slots, AET_STATE_PIECES_MAX);

	if (found != set->count)
		return -ESRCH;
	for (unsigned i = 0; i < set->count; i++) {
		set->pieces[i].slot = slots[i];
		set->pieces[i].asked = set->pieces[i].done = false;
	}
	step = kind;
	atomic_store(&aet_sup.page->step, aet_step(kind, generation->number, ++serial));
	aet_members_wake(generation->number);
	return 0;
}

int aet_state_begin_dump(const struct aet_generation *from)
{
	aet_prefault_end();
	set = &fresh;
	return publish(AETERNA_STEP_DUMP, from);
}

int aet_state_begin_echo(const struct aet_generation *from, enum aet_mechanism mechanism)
{
	aet_state_set_open(&echo, aet_state_dumpers(from), mechanism, from->number);
	aet_prefault_end();
	set = &echo;
	return publish(AETERNA_STEP_DUMP, from);
}

int aet_state_begin_load(const struct aet_generation *into)
{
	set = fresh.count > 0 ? &fresh : &kept;
	return publish(AETERNA_STEP_LOAD, into);
}

bool aet_state_is_awaited(void)
{
	for (unsigned i = 0; step && i < set->count; i++)
		if (!set->pieces[i].asked)
			return true;
	return false;
}

void aet_state_blame_late_dump(void)
{
	if (aet_state_is_awaited())
		aet_swap_set_cause(
			"no_safe_point", "a process with state came to no blocking system call");
	else
		aet_swap_set_cause(
			"dump_timeout", "the state was not dumped within handoff.timeout");
}

void aet_state_nudge(void)
{
	if (aet_state_is_awaited())
		aet_members_wake(aet_step_generation(atomic_load(&aet_sup.page->step)));
}

/* As a literal of ours. */
static const char *reason_of(const char *word)
{
	static const char *const words[] = {"dump_failed", "load_failed", "no_memory",
		"state_corrupt", "state_too_large", "wrong_schema"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return words[i];
	return step == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed";
}

static struct aet_state_piece *piece_of(uint32_t slot)
{
	for (unsigned i = 0; step && i < set->count; i++)
		if (set->pieces[i].slot == slot)
			return &set->pieces[i];
	return NULL;
}

void aet_state_member_left(uint32_t slot)
{
	const struct aet_state_piece *piece = piece_of(slot);

	if (piece && (step == AETERNA_STEP_LOAD || !piece->done))
		fail(step == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed",
			"a process with state ended meanwhile");
}

static bool all_done(void)
{
	for (unsigned i = 0; i < set->count; i++)
		if (!set->pieces[i].done ||
			(step == AETERNA_STEP_DUMP && set->pieces[i].stream.open))
			return false;
	return true;
}

static int stream_error(void)
{
	for (unsigned i = 0; i < set->count; i++)
		if (set->pieces[i].stream.error)
			return set->pieces[i].stream.error;
	return 0;
}

static void on_dumped(void)
{
	int result = stream_error();

	if (step != AETERNA_STEP_DUMP || (result == 0 && !all_done()))
		return; /* whose stream failed is told now: its writer would say that nobody reads */
	if (result == 0)
		result = aet_state_set_seal(set);
	if (result == 0)
		aet_swap_happen(AET_EVENT_DUMPED);
	else if (result == -ENOMEM)
		fail("no_memory", "no room for the state");
	else if (result == -EFBIG)
		fail("state_too_large", "more than 64 MiB through the pipe: use mechanism: shm");
	else if (result == -E2BIG)
		fail("state_corrupt", "the stream brought more bytes than it says");
	else if (result == -EBUSY)
		fail("dump_failed", "the state is mapped for writing still");
	else
		fail("state_corrupt", "the state was not written to its end");
}

/* --- what processes ask and tell --- */

static int hand_out(struct aet_state_piece *piece)
{
	int result = aet_state_piece_make(piece);

	if (result < 0)
		return result;
	if (set->mechanism == AET_MECHANISM_SHM)
		return fcntl(piece->fd, F_DUPFD_CLOEXEC, 0);
	return step == AETERNA_STEP_DUMP
		? aet_state_stream_read(&piece->stream, piece->fd, on_dumped)
		: aet_state_stream_write(&piece->stream, piece->fd);
}

static uint64_t size_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) < 0 ? 0 : (uint64_t)info.st_size;
}

void aet_state_answer(int fd, const struct aet_message *request)
{
	const struct aet_state *question = (const void *)request->bytes;
	struct aet_state_reply reply = {0};
	struct aet_state_piece *piece = piece_of(question->slot);
	unsigned first_fds = 0;
	int container = -1;

	aet_header_init(&reply.header, AET_MSG_STATE | AET_WIRE_REPLY, request->header.serial, 0);
	if (piece && question->step == step && !piece->asked)
		container = hand_out(piece);
	if (container >= 0) {
		piece->asked = true;
		reply.step = step;
		reply.mechanism = set->mechanism == AET_MECHANISM_PIPE ? AETERNA_PIPE : AETERNA_SHM;
		reply.capacity = size_of(piece->fd);
		reply.generation = set->writer;
		memcpy(reply.run_id, aet_sup.run_id, sizeof(reply.run_id));
		if (step == AETERNA_STEP_LOAD)
			reply.fd_count = piece->beside.count;
		else if (aet_rehearsal_is_on())
			reply.flags = AETERNA_COMPARE;
		first_fds = AET_MIN(reply.fd_count, (uint32_t)AETERNA_FDS_MAX);
	}
	(void)aet_fd_list_send(
		piece ? &piece->beside : &none, 0, first_fds, fd, &reply, sizeof(reply), container);
	if (container >= 0)
		(void)close(container);
}

void aet_state_answer_fds(int fd, const struct aet_message *request)
{
	const struct aet_fds *question = (const void *)request->bytes;
	const struct aet_state_piece *piece = piece_of(question->slot);
	struct aet_fds_reply reply = {0};
	int result = -ENODATA;

	aet_header_init(&reply.header, AET_MSG_FDS | AET_WIRE_REPLY, request->header.serial, 0);
	if (piece && step == AETERNA_STEP_LOAD && piece->asked && !piece->done)
		result = aet_fd_list_send(&piece->beside, question->first, question->count, fd,
			&reply, sizeof(reply), -1);
	if (result == 0)
		return;
	reply.header.error = -result;
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
}

static bool take_fds(struct aet_state_piece *piece, struct aet_message *request)
{
	char detail[160];
	int result = 0;

	for (int i = 0; i < request->fd_count && result == 0; i++)
		result = aet_fd_list_add(&piece->beside, aet_message_take_fd(request, i));
	if (result == 0)
		return true;
	(void)snprintf(detail, sizeof(detail),
		result == -EMFILE
			? "%u descriptors travel with the state, and the launcher may have "
			  "no more: raise its RLIMIT_NOFILE (ulimit -Hn, LimitNOFILE=)"
			: result == -E2BIG ? "more than %u descriptors travel with the state"
					   : "no memory for more than %u descriptors of the state",
		piece->beside.count);
	fail(result == -ENOMEM ? "no_memory" : "state_too_large", detail);
	return false;
}

static void take(struct aet_state_piece *piece, struct aet_message *request)
{
	struct aet_report *report = (void *)request->bytes;

	report->reason[sizeof(report->reason) - 1] = '\0';
	report->text[sizeof(report->text) - 1] = '\0';
	if (piece->done)
		return; /* the first word counts */
	if (report->error != 0) {
		fail(reason_of(report->reason), report->text);
		return;
	}
	if (step == AETERNA_STEP_DUMP && !take_fds(piece, request))
		return;
	if (report->more)
		return;
	piece->done = true;
	if (step == AETERNA_STEP_DUMP)
		on_dumped();
	else if (all_done())
		aet_swap_happen(AET_EVENT_LOADED);
}

void aet_state_take_report(int fd, struct aet_message *request)
{
	const struct aet_report *report = (const void *)request->bytes;
	struct aet_state_piece *piece = piece_of(report->slot);
	struct aet_report_reply reply = {0};

	aet_header_init(&reply.header, AET_MSG_REPORT | AET_WIRE_REPLY, request->header.serial, 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
	if (piece && report->step == step)
		take(piece, request);
}

static void end_step(void)
{
	step = 0;
	set = &fresh;
	atomic_store(&aet_sup.page->step, 0);
}

void aet_state_drop(void)
{
	end_step();
	aet_prefault_end();
	aet_state_set_clear(&fresh);
	aet_state_set_clear(&echo);
}

void aet_state_keep(bool is_snapshot)
{
	end_step();
	if (fresh.count == 0)
		return;
	/* What was kept on demand stays so, and is newer now. */
	kept_is_snapshot = is_snapshot || (kept.count > 0 && kept_is_snapshot);
	aet_state_set_move(&kept, &fresh);
}

void aet_state_forget(void)
{
	aet_state_set_clear(&kept);
	kept_is_snapshot = false;
}

bool aet_state_is_kept(void)
{
	return kept.count > 0;
}

bool aet_state_is_snapshot(void)
{
	return kept.count > 0 && kept_is_snapshot;
}

uint64_t aet_state_kept_bytes(void)
{
	return kept.bytes;
}

uint64_t aet_state_kept_age_us(void)
{
	return aet_now_us() - kept.sealed_us;
}

const struct aet_state_set *aet_state_dumped(void)
{
	return &fresh;
}

const struct aet_state_set *aet_state_echoed(void)
{
	return &echo;
}

unsigned aet_state_pieces(void)
{
	return fresh.count;
}

uint64_t aet_state_bytes(void)
{
	return fresh.bytes;
}
