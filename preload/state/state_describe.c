#include "state/state_describe.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#include "core/client.h"
#include "core/export.h"
#include "core/lib.h"
#include "phase.h"
#include "state/sigchld.h"
#include "state/state.h"
#include "state/state_c_io.h"
#include "state/state_copy.h"
#include "sys.h"

static uint32_t serial; /* of the step in hand; a copy keeps it */

bool aet_state_describe_is(uint64_t step)
{
	return aet_step_kind(step) == AETERNA_STEP_NAMES ||
		aet_step_kind(step) == AETERNA_STEP_DESCRIBE;
}

EXPORT int aeterna_described(int fd)
{
	struct aet_described note = {.slot = aet_lib.slot_number, .serial = serial};
	struct aet_message reply;
	int result = aet_client_ask(AET_MSG_DESCRIBED, &note, sizeof(note), &fd, 1, &reply,
		sizeof(struct aet_described_reply));

	if (result == 0)
		aet_message_drop(&reply);
	return result;
}

/* The child ends when it has made the copy. */
static void await_copy(int child, bool was_pending)
{
	(void)AET_SYS4(wait4, child, NULL, 0, NULL);
	aet_sigchld_take(was_pending);
}

void aet_state_describe(uint64_t step)
{
	bool was_pending = aet_sigchld_is_pending();
	int fd = aet_c_new_file("aeterna-described");
	int result;

	if (fd < 0)
		return;
	serial = aet_step_serial(step);
	aet_lib.dumping = true; /* the copy shares no connection */
	if (aet_step_kind(step) == AETERNA_STEP_DESCRIBE)
		aet_state_copy_expect(fd, step);
	result = aet_describe_hook(aet_step_kind(step), fd);
	aet_state_copy_expect_none();
	aet_lib.dumping = false;
	if (result > 0)
		await_copy(result, was_pending);
	else if (result == 0)
		(void)aeterna_described(fd);
	(void)AET_SYS1(close, fd);
}
