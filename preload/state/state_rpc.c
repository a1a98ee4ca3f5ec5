#include "state/state_rpc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "connections/shut.h"
#include "core/client.h"
#include "core/export.h"
#include "core/lib.h"
#include "msgio.h"
#include "state/stand_still.h"
#include "state/state_copy.h"
#include "sys.h"
#include "util.h"

/* The page may have another one by the time of the report. */
static uint32_t step_in_hand;

void aet_state_rpc_begin(uint32_t step)
{
	step_in_hand = step;
}

static struct aet_report outcome(int error, const char *reason, const char *text)
{
	struct aet_report report = {.slot = aet_lib.slot_number,
		.step = step_in_hand ? step_in_hand
				     : aet_step_kind(atomic_load(&aet_lib.page->step)),
		.error = error};

	/* Its step may be over by now. */
	if (aet_state_copy_serial() != 0)
		report.step = AETERNA_STEP_DUMP | aet_state_copy_serial() << 8;
	for (unsigned i = 0; reason && reason[i] && i < sizeof(report.reason) - 1; i++)
		report.reason[i] = reason[i];
	for (unsigned i = 0; text && text[i] && i < sizeof(report.text) - 1; i++)
		report.text[i] = text[i];
	return report;
}

static int send_report(struct aet_report *report, const int32_t *fds, uint32_t fd_count)
{
	struct aet_message reply;
	int result = aet_client_ask(AET_MSG_REPORT, report, sizeof(*report), fds, (int)fd_count,
		&reply, sizeof(struct aet_report_reply));

	if (result == 0)
		aet_message_drop(&reply);
	return result;
}

EXPORT int aeterna_report(
	int error, const char *reason, const char *text, const int32_t *fds, uint32_t fd_count)
{
	struct aet_report report;
	int result;

	if (!aet_lib.page || fd_count > AETERNA_FDS_LIMIT)
		return -EINVAL;
	if (error == 0 && !aet_stand_await_parent())
		return -EBUSY;
	report = outcome(error < 0 ? -error : error, reason, text);
	if (report.error == 0 && report.step == AETERNA_STEP_DUMP)
		aet_conns_travel(fds, fd_count);
	/* Descriptors that do not fit beside the outcome go before it: a dump that dies in between
	 * has reported no outcome. */
	for (report.more = AET_REPORT_MORE; fd_count > AET_FDS_BATCH; fd_count -= AET_FDS_BATCH) {
		result = send_report(&report, fds, AET_FDS_BATCH);
		if (result < 0)
			return result;
		fds += AET_FDS_BATCH;
	}
	report.more = 0;
	return send_report(&report, fds, fd_count);
}

EXPORT int aeterna_report_merge(
	uint32_t taken, uint32_t decided, uint32_t set_aside, const char *text)
{
	struct aet_report report;

	if (!aet_lib.page)
		return -EINVAL;
	report = outcome(0, NULL, text);
	report.taken = taken;
	report.decided = decided;
	report.set_aside = set_aside;
	return send_report(&report, NULL, 0);
}

static void close_all(const int32_t *fds, uint32_t count)
{
	while (count > 0)
		(void)AET_SYS1(close, fds[--count]);
}

static int take_batch(uint32_t first, int32_t *ret_fds, uint32_t count)
{
	struct aet_fds question = {.slot = aet_lib.slot_number, .first = first, .count = count};
	struct aet_message reply;
	int result = aet_client_ask(AET_MSG_FDS, &question, sizeof(question), NULL, 0, &reply,
		sizeof(struct aet_fds_reply));

	if (result == 0 && reply.fd_count != (int)count) {
		aet_message_drop(&reply);
		result = -EBADMSG;
	}
	for (uint32_t i = 0; result == 0 && i < count; i++)
		ret_fds[i] = aet_message_take_fd(&reply, (int)i);
	return result;
}

EXPORT int aeterna_take_fds(uint32_t first, int32_t *ret_fds, uint32_t count)
{
	uint32_t done = 0;

	if (!aet_lib.page || count > AETERNA_FDS_LIMIT || first > AETERNA_FDS_LIMIT)
		return -EINVAL;
	while (done < count) {
		uint32_t some = AET_MIN(count - done, (uint32_t)AET_FDS_BATCH);
		int result = take_batch(first + done, ret_fds + done, some);

		if (result < 0) {
			close_all(ret_fds, done);
			return result;
		}
		done += some;
	}
	return 0;
}

EXPORT int aeterna_names(void)
{
	struct aet_names question = {.slot = aet_lib.slot_number};
	struct aet_message reply;
	int result;

	if (!aet_lib.page)
		return -EINVAL;
	result = aet_client_ask(AET_MSG_NAMES, &question, sizeof(question), NULL, 0, &reply,
		sizeof(struct aet_names_reply));
	if (result < 0)
		return result;
	result = aet_message_take_fd(&reply, 0);
	aet_message_drop(&reply);
	return result < 0 ? -EBADMSG : result;
}

EXPORT int aeterna_sections(int fd, uint32_t count)
{
	struct aet_loaded note = {.slot = aet_lib.slot_number, .count = count};
	struct aet_message reply;
	int result;

	if (!aet_lib.page)
		return -EINVAL;
	result = aet_client_ask(AET_MSG_LOADED, &note, sizeof(note), &fd, 1, &reply,
		sizeof(struct aet_loaded_reply));
	if (result == 0)
		aet_message_drop(&reply);
	return result;
}

int aet_state_ask(uint32_t step, struct aeterna_request *ret_request)
{
	struct aet_state question = {.slot = aet_lib.slot_number, .step = step};
	const struct aet_state_reply *answer;
	struct aet_message reply;
	int result = aet_client_ask(AET_MSG_STATE, &question, sizeof(question), NULL, 0, &reply,
		sizeof(struct aet_state_reply));

	if (result < 0)
		return result;
	answer = AET_MESSAGE_BODY(&reply, AET_MSG_STATE | AET_WIRE_REPLY, aet_state_reply);
	*ret_request = (struct aeterna_request){.size = sizeof(*ret_request),
		.step = answer->step,
		.mechanism = answer->mechanism,
		.fd = aet_message_take_fd(&reply, 0),
		.capacity = answer->capacity,
		.generation = answer->generation};
	aet_copy(ret_request->run_id, answer->run_id, sizeof(answer->run_id));
	ret_request->fd_count = answer->fd_count;
	ret_request->flags = answer->flags;
	for (int i = 1; i < reply.fd_count && i <= AETERNA_FDS_MAX; i++)
		ret_request->fds[i - 1] = aet_message_take_fd(&reply, i);
	aet_message_drop(&reply);
	if (answer->step == step && ret_request->fd >= 0)
		return 0;
	if (ret_request->fd >= 0)
		(void)AET_SYS1(close, ret_request->fd);
	return -ENODATA;
}
