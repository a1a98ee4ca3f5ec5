#include "state/state_rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "fd.h"
#include "msgio.h"
#include "phase.h"
#include "state/debt.h"
#include "state/state_late.h"
#include "state/state_step.h"
#include "service/fact.h"
#include "util.h"

static const struct aet_fd_list none;

/* The literal for a reason that the program reported. */
static const char *reason_of(const char *word)
{
	static const char *const words[] = {"busy", "dump_failed", "load_failed", "no_memory",
		"no_safe_point", "state_corrupt", "state_missing", "state_too_large",
		"wrong_schema"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return words[i];
	return aet_state_now.kind == AETERNA_STEP_DUMP ? "dump_failed" : "load_failed";
}

static int hand_out(struct aet_state_piece *piece)
{
	int result = aet_state_piece_make(piece);

	if (result < 0)
		return result;
	if (aet_state_now.set->mechanism == AET_MECHANISM_SHM)
		return fcntl(piece->fd, F_DUPFD_CLOEXEC, 0);
	return aet_state_now.kind == AETERNA_STEP_DUMP
		? aet_state_stream_read(&piece->stream, piece->fd, aet_state_on_dumped)
		: aet_state_stream_write(&piece->stream, piece->fd);
}

static void cannot_hand_out(int error)
{
	char detail[160];

	(void)snprintf(detail, sizeof(detail), "the launcher cannot make room for the state: %s",
		strerror(-error));
	aet_state_fail("no_memory", detail);
}

static uint64_t size_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) < 0 ? 0 : (uint64_t)info.st_size;
}

static uint32_t flags_of_step(void)
{
	if (aet_late_flags())
		return aet_late_flags();
	if (aet_state_now.kind == AETERNA_STEP_LOAD)
		return aet_state_now.keeps_missing ? AETERNA_KEEP : 0;
	return (aet_state_now.is_compared ? AETERNA_COMPARE : 0) |
		(aet_state_now.goes_on ? AETERNA_SNAPSHOT : 0) |
		(aet_state_now.is_merged ? AETERNA_MERGED : 0);
}

/* What the process is given beside the container. */
static const struct aet_fd_list *beside_of(const struct aet_state_piece *piece)
{
	if (aet_state_now.kind == AETERNA_STEP_LOAD)
		return &piece->beside;
	return aet_late_debt() ? &aet_late_debt()->base : &none;
}

void aet_state_answer(int fd, const struct aet_message *request)
{
	const struct aet_state *question = AET_MESSAGE_BODY(request, AET_MSG_STATE, aet_state);
	struct aet_state_reply reply = {0};
	struct aet_state_piece *piece = aet_state_piece_of(question->slot);
	unsigned first_fds = 0;
	int container = -1;

	aet_header_init(&reply.header, AET_MSG_STATE | AET_WIRE_REPLY, request->header.serial, 0);
	if (piece && question->step == aet_state_now.kind && !piece->asked &&
		(container = hand_out(piece)) < 0)
		cannot_hand_out(container);
	if (container >= 0) {
		piece->asked = true;
		reply.step = aet_state_now.kind;
		reply.mechanism = aet_state_now.set->mechanism == AET_MECHANISM_PIPE ? AETERNA_PIPE
										     : AETERNA_SHM;
		reply.capacity = size_of(piece->fd);
		reply.generation = aet_state_now.set->writer;
		memcpy(reply.run_id, aet_state_now.set->run_id, sizeof(reply.run_id));
		reply.flags = flags_of_step();
		reply.fd_count = beside_of(piece)->count;
		first_fds = AET_MIN(reply.fd_count, (uint32_t)AETERNA_FDS_MAX);
	}
	(void)aet_fd_list_send(piece ? beside_of(piece) : &none, 0, first_fds, fd, &reply,
		sizeof(reply), container);
	if (container >= 0)
		(void)close(container);
}

void aet_state_answer_fds(int fd, const struct aet_message *request)
{
	const struct aet_fds *question = AET_MESSAGE_BODY(request, AET_MSG_FDS, aet_fds);
	const struct aet_state_piece *piece = aet_state_piece_of(question->slot);
	struct aet_fds_reply reply = {0};
	int result = -ENODATA;

	aet_header_init(&reply.header, AET_MSG_FDS | AET_WIRE_REPLY, request->header.serial, 0);
	if (piece && piece->asked && !piece->done)
		result = aet_fd_list_send(beside_of(piece), question->first, question->count, fd,
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
	aet_state_fail(result == -ENOMEM ? "no_memory" : "state_too_large", detail);
	return false;
}

/* The process may go on, and with the last of them the program. */
static void take_copy(struct aet_state_piece *piece, pid_t pid)
{
	piece->copy = pid;
	piece->is_copied = true;
	if (aet_state_now.goes_on && aet_state_all_copied())
		aet_fact_post(&(struct aet_fact){.kind = AET_FACT_COPIED});
}

static void say_missing(unsigned process, const struct aet_missing_section *missing)
{
	char detail[512];
	char where[32] = "";
	char others[32] = "";
	int length;

	if (aet_state_now.set->count > 1)
		(void)snprintf(where, sizeof(where), "process %u: ", process);
	if (missing->more > 0)
		(void)snprintf(others, sizeof(others), " and %u more", missing->more);
	length = snprintf(detail, sizeof(detail),
		"%s'%s'%s: the new version does not take it%s%s%s: name it in handoff.state, or "
		"lose it: reload --discard-state=%s",
		where, missing->name, others, missing->nearest[0] ? ", it has '" : "",
		missing->nearest, missing->nearest[0] ? "'" : "", missing->name);
	if (length >= (int)sizeof(aet_state_now.failure.detail))
		(void)snprintf(detail, sizeof(detail),
			"%s'%s'%s: the new version does not take it: name it in handoff.state, or "
			"reload --discard-state=NAME",
			where, missing->name, others);
	aet_state_fail("state_missing", detail);
}

/* Nothing that was dumped may get lost without a word. A dry run compares more, and after a crash
 * there is nobody who could serve on. */
static bool is_accounted_for(void)
{
	const struct aet_state_set *set = aet_state_now.set;
	struct aet_missing_section missing;

	if (aet_state_now.is_compared || aet_state_now.keeps_missing || aet_late_debt())
		return true;
	for (unsigned i = 0; i < set->count; i++) {
		const struct aet_state_piece *piece = &set->pieces[i];
		int found = piece->sections.is_known
			? aet_sections_find_missing(&piece->sections, piece->fd, &missing)
			: 0;

		if (found < 0) {
			cannot_hand_out(found);
			return false;
		}
		if (found > 0) {
			say_missing(i + 1, &missing);
			return false;
		}
	}
	return true;
}

static void take(struct aet_state_piece *piece, pid_t pid, struct aet_message *request)
{
	struct aet_report report = *AET_MESSAGE_BODY(request, AET_MSG_REPORT, aet_report);

	report.reason[sizeof(report.reason) - 1] = '\0';
	report.text[sizeof(report.text) - 1] = '\0';
	if (piece->done || (aet_late_debt() && !piece->asked))
		return; /* the first report counts; a late step may have been cancelled before */
	if (report.more == AET_REPORT_COPIED) {
		take_copy(piece, pid);
		return;
	}
	if (report.error != 0 && strcmp(report.reason, "state_missing") == 0)
		(void)is_accounted_for(); /* its sentence is the better one: the first counts */
	if (report.error != 0) {
		aet_state_fail(reason_of(report.reason), report.text);
		return;
	}
	if (aet_state_now.kind == AETERNA_STEP_DUMP && !take_fds(piece, request))
		return;
	if (report.more)
		return;
	piece->done = true;
	aet_state_now.merge = (struct aet_state_merge){
		.taken = report.taken, .decided = report.decided, .set_aside = report.set_aside};
	memcpy(aet_state_now.merge.text, report.text, sizeof(report.text));
	if (aet_state_now.kind == AETERNA_STEP_DUMP && aet_state_now.goes_on &&
		!aet_state_all_done() && aet_state_all_copied())
		aet_fact_post(&(struct aet_fact){.kind = AET_FACT_COPIED});
	if (aet_state_now.kind == AETERNA_STEP_DUMP)
		aet_state_on_dumped();
	else if (aet_state_all_done() && is_accounted_for())
		aet_fact_post(&(struct aet_fact){.kind = AET_FACT_LOADED});
}

/* A copy goes on writing when its step is over. */
static bool is_of_step(const struct aet_report *report)
{
	uint32_t serial = report->step >> 8;

	return (report->step & 0xff) == aet_state_now.kind &&
		(serial == 0 || serial == aet_step_serial(aet_state_now.step));
}

void aet_state_take_report(int fd, pid_t pid, struct aet_message *request)
{
	const struct aet_report *report = AET_MESSAGE_BODY(request, AET_MSG_REPORT, aet_report);
	struct aet_state_piece *piece = aet_state_piece_of(report->slot);
	struct aet_report_reply reply = {0};

	aet_header_init(&reply.header, AET_MSG_REPORT | AET_WIRE_REPLY, request->header.serial, 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
	if (piece && is_of_step(report))
		take(piece, pid, request);
}

void aet_state_take_sections(int fd, struct aet_message *request)
{
	const struct aet_loaded *note = AET_MESSAGE_BODY(request, AET_MSG_LOADED, aet_loaded);
	struct aet_state_piece *piece = aet_state_piece_of(note->slot);
	struct aet_loaded_reply reply = {0};
	int file = aet_message_take_fd(request, 0);
	int result = -ENODATA;

	if (piece && aet_state_now.kind == AETERNA_STEP_LOAD && !piece->done)
		result = aet_sections_read(&piece->sections, file, note->count);
	aet_fd_close(&file);
	aet_header_init(&reply.header, AET_MSG_LOADED | AET_WIRE_REPLY, request->header.serial,
		result < 0 ? -result : 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
}
