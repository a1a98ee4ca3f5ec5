#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "fd.h"
#include "generation.h"
#include "log.h"
#include "member.h"
#include "msgio.h"
#include "supervisor.h"
#include "swap_event.h"

#define SLICE_BYTES (4ull << 20) /* faulted in one go: about a millisecond */
#define SLICE_MS    1
#define SEALS       (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static struct aet_state_piece pieces[AET_STATE_PIECES_MAX];
static unsigned count;
static enum aet_mechanism mechanism;
static uint32_t step; /* AETERNA_STEP_* in hand; 0: none */
static uint32_t serial; /* of the last step published */
static uint32_t writer; /* the generation that wrote it */
static uint64_t last_bytes[AET_STATE_PIECES_MAX]; /* of the containers handed over last */
static uint64_t handed_over; /* bytes, all pieces */
static struct aet_timer slice_timer;

unsigned aet_state_dumpers(const struct aet_generation *generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];

	return aet_members_with_state(
		generation->number, AETERNA_STEP_DUMP, slots, AET_STATE_PIECES_MAX);
}

unsigned aet_state_loaders(const struct aet_generation *generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];

	return aet_members_with_state(
		generation->number, AETERNA_STEP_LOAD, slots, AET_STATE_PIECES_MAX);
}

uint64_t aet_state_bytes(void)
{
	return handed_over;
}

static void fail(const char *reason, const char *detail)
{
	if (step == 0)
		return;
	aet_swap_set_cause(reason, detail);
	aet_swap_happen(AET_EVENT_STATE_FAILED);
}

/* --- the memory --- */

static void clear(struct aet_state_piece *piece)
{
	aet_state_stream_close(&piece->stream);
	aet_fd_close(&piece->fd);
	for (unsigned i = 0; i < piece->fd_count; i++)
		aet_fd_close(&piece->fds[i]);
	*piece = (struct aet_state_piece){.fd = -1};
}

static int make(struct aet_state_piece *piece)
{
	if (piece->fd >= 0)
		return 0;
	piece->fd = memfd_create("aeterna-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return piece->fd < 0 ? -errno : 0;
}

/* Until each piece is as large as it was the last time. The page faults are the cost of a dump, not
 * the copy. */
static void on_slice(struct aet_timer *timer)
{
	for (unsigned i = 0; i < count; i++) {
		struct aet_state_piece *piece = &pieces[i];
		uint64_t slice = last_bytes[i] - piece->faulted;

		if (piece->faulted >= last_bytes[i])
			continue;
		if (slice > SLICE_BYTES)
			slice = SLICE_BYTES;
		if (make(piece) < 0 ||
			fallocate(piece->fd, 0, (off_t)piece->faulted, (off_t)slice) < 0)
			return; /* the dump tells if there is no memory */
		piece->faulted += slice;
		aet_timer_start(timer, SLICE_MS, on_slice, NULL);
		return;
	}
}

void aet_state_prepare(unsigned number, enum aet_mechanism how)
{
	aet_state_drop();
	for (unsigned i = 0; i < AET_STATE_PIECES_MAX; i++)
		pieces[i].fd = -1;
	count = number;
	mechanism = how;
	if (how == AET_MECHANISM_SHM)
		aet_timer_start(&slice_timer, SLICE_MS, on_slice, NULL);
}

/* --- the steps --- */

static int publish(uint32_t kind, const struct aet_generation *generation)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found =
		aet_members_with_state(generation->number, kind, slots, AET_STATE_PIECES_MAX);

	if (found != count)
		return -ESRCH;
	for (unsigned i = 0; i < count; i++) {
		pieces[i].slot = slots[i];
		pieces[i].asked = pieces[i].done = false;
	}
	step = kind;
	atomic_store(&aet_sup.page->step, aet_step(kind, generation->number, ++serial));
	aet_members_wake(generation->number);
	return 0;
}

int aet_state_begin_dump(void)
{
	aet_timer_stop(&slice_timer);
	writer = aet_sup.serving->number;
	return publish(AETERNA_STEP_DUMP, aet_sup.serving);
}

int aet_state_begin_load(void)
{
	return publish(AETERNA_STEP_LOAD, aet_sup.candidate);
}

bool aet_state_is_awaited(void)
{
	for (unsigned i = 0; step && i < count; i++)
		if (!pieces[i].asked)
			return true;
	return false;
}

void aet_state_nudge(void)
{
	if (aet_state_is_awaited())
		aet_members_wake(aet_step_generation(atomic_load(&aet_sup.page->step)));
}

const char *aet_state_reason(const char *word, uint32_t of_step)
{
	static const char *const words[] = {"dump_failed", "load_failed", "no_memory",
		"state_corrupt", "state_too_large", "wrong_schema"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return words[i];
	return of_step == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed";
}

static struct aet_state_piece *piece_of(uint32_t slot)
{
	for (unsigned i = 0; step && i < count; i++)
		if (pieces[i].slot == slot)
			return &pieces[i];
	return NULL;
}

void aet_state_member_left(uint32_t slot)
{
	const struct aet_state_piece *piece = piece_of(slot);

	if (piece && !piece->done)
		fail(step == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed",
			"a process with state ended meanwhile");
}

static bool all_done(void)
{
	for (unsigned i = 0; i < count; i++)
		if (!pieces[i].done || (step == AETERNA_STEP_DUMP && pieces[i].stream.open))
			return false;
	return true;
}

static uint64_t size_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) < 0 ? 0 : (uint64_t)info.st_size;
}

/* Cut to what was written, and no writer any more. */
static int seal(struct aet_state_piece *piece)
{
	struct aet_state_header header;

	if (pread(piece->fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		header.total_len < sizeof(header) || header.total_len > size_of(piece->fd))
		return -EBADMSG;
	if (ftruncate(piece->fd, (off_t)header.total_len) < 0 ||
		fcntl(piece->fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	piece->bytes = header.total_len;
	for (unsigned i = 0; i < piece->fd_count; i++)
		piece->bytes += size_of(piece->fds[i]);
	return 0;
}

static void on_dumped(void)
{
	if (step != AETERNA_STEP_DUMP || !all_done())
		return;
	handed_over = 0;
	for (unsigned i = 0; i < count; i++) {
		int result = pieces[i].stream.too_large ? -EFBIG : seal(&pieces[i]);

		if (result == -EFBIG)
			fail("state_too_large",
				"more than 64 MiB through the pipe: use mechanism: shm");
		else if (result == -EBUSY)
			fail("dump_failed", "the state is mapped for writing still");
		else if (result < 0)
			fail("state_corrupt", "the state was not written to its end");
		if (result < 0)
			return;
		last_bytes[i] = size_of(pieces[i].fd);
		handed_over += pieces[i].bytes;
	}
	aet_swap_happen(AET_EVENT_DUMPED);
}

/* --- what processes ask and tell --- */

static int hand_out(struct aet_state_piece *piece)
{
	int result = make(piece);

	if (result < 0)
		return result;
	if (mechanism == AET_MECHANISM_SHM)
		return fcntl(piece->fd, F_DUPFD_CLOEXEC, 0);
	return step == AETERNA_STEP_DUMP
		? aet_state_stream_read(&piece->stream, piece->fd, on_dumped)
		: aet_state_stream_write(&piece->stream, piece->fd);
}

void aet_state_answer(int fd, const struct aet_message *request)
{
	const struct aet_state *question = (const void *)request->bytes;
	struct aet_state_reply reply = {0};
	struct aet_state_piece *piece = piece_of(question->slot);
	int fds[1 + AETERNA_FDS_MAX];
	unsigned fd_count = 0;

	aet_header_init(&reply.header, AET_MSG_STATE | AET_WIRE_REPLY, request->header.serial, 0);
	fds[0] = -1;
	if (piece && question->step == step && !piece->asked)
		fds[0] = hand_out(piece);
	if (fds[0] >= 0) {
		piece->asked = true;
		fd_count = 1;
		reply.step = step;
		reply.mechanism = mechanism == AET_MECHANISM_PIPE ? AETERNA_PIPE : AETERNA_SHM;
		reply.capacity = piece->faulted;
		reply.generation = writer;
		memcpy(reply.run_id, aet_sup.run_id, sizeof(reply.run_id));
		for (unsigned i = 0; step == AETERNA_STEP_LOAD && i < piece->fd_count; i++)
			fds[fd_count++] = piece->fds[i];
	}
	(void)aet_message_send(fd, &reply, sizeof(reply), fds, (int)fd_count, MSG_DONTWAIT);
	if (fds[0] >= 0)
		(void)close(fds[0]);
}

static void take(struct aet_state_piece *piece, struct aet_message *request)
{
	struct aet_report *report = (void *)request->bytes;

	report->reason[sizeof(report->reason) - 1] = '\0';
	report->text[sizeof(report->text) - 1] = '\0';
	if (piece->done)
		return; /* the first word counts */
	if (report->error != 0) {
		fail(aet_state_reason(report->reason, step), report->text);
		return;
	}
	if (step == AETERNA_STEP_DUMP)
		for (int i = 0; i < request->fd_count && i < AETERNA_FDS_MAX; i++)
			piece->fds[piece->fd_count++] = aet_message_take_fd(request, i);
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

void aet_state_drop(void)
{
	step = 0;
	atomic_store(&aet_sup.page->step, 0);
	aet_timer_stop(&slice_timer);
	for (unsigned i = 0; i < count; i++)
		clear(&pieces[i]);
	count = 0;
}
