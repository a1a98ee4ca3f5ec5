#include "state/state_copy.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/client.h"
#include "core/lib.h"
#include "core/numbered.h"
#include "phase.h"
#include "sys.h"
#include "util.h"

#define FIRST_FD 3 /* the standard streams stay */

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

static __thread bool is_expected __attribute__((tls_model("initial-exec")));
static int output = -1; /* of the expected fork; -1: none is expected */
static uint64_t expected_step;
static uint32_t serial;

void aet_state_copy_expect(int fd, uint64_t step)
{
	expected_step = step;
	output = fd;
	is_expected = true;
}

void aet_state_copy_expect_none(void)
{
	output = -1;
	is_expected = false;
}

bool aet_state_copy_is_expected(void)
{
	return is_expected;
}

bool aet_state_copy_is_hooks(void)
{
	return output >= 0;
}

void aet_state_copy_made(void)
{
	is_expected = false;
}

void aet_state_copy_try_again(void)
{
	is_expected = output >= 0;
}

uint32_t aet_state_copy_serial(void)
{
	return serial;
}

/* The C library remembers the thread's number, which its fork would have set. */
static void mend_thread_number(long before)
{
	int *number = NULL;

	if (AET_SYS2(prctl, PR_GET_TID_ADDRESS, &number) < 0 || !number || *number != before)
		return;
	*number = (int)AET_SYS0(gettid);
	(void)AET_SYS1(set_tid_address, number);
}

/* --- what the program may close --- */

struct ended { /* what takes their places; -1: nothing does */
	int socket;
	int pipe;
};

/* Sockets and pipes, whose other ends wait for the last close. Their numbers stay taken: a state may
 * have sockets in it, which have ended for whoever loads a snapshot. */
static void end_socket(int fd, void *data)
{
	const struct ended *ended = data;
	struct stat info = {0};

	if (fd < FIRST_FD || fd == output || fd == ended->socket || fd == ended->pipe ||
		AET_SYS2(fstat, fd, &info) < 0)
		return;
	if (S_ISSOCK(info.st_mode) && ended->socket >= 0)
		(void)AET_SYS3(dup3, ended->socket, fd, O_CLOEXEC);
	else if (S_ISFIFO(info.st_mode) && ended->pipe >= 0)
		(void)AET_SYS3(dup3, ended->pipe, fd, O_CLOEXEC);
}

static void end_sockets(void)
{
	struct ended ended = {
		.socket = (int)AET_SYS3(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.pipe = (int)AET_SYS4(openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0)};

	(void)aet_numbered_visit("/proc/self/fd", end_socket, &ended);
}

/* The launcher knows the copy by this, and lets the program go on. */
static void say_copied(void)
{
	struct aet_report report = {.slot = aet_lib.slot_number,
		.step = aet_step_kind(expected_step) | serial << 8,
		.more = AET_REPORT_COPIED};
	struct aet_message reply;

	if (aet_client_ask(AET_MSG_REPORT, &report, sizeof(report), NULL, 0, &reply,
		    sizeof(struct aet_report_reply)) == 0)
		aet_message_drop(&reply);
}

void aet_state_copy_become(void)
{
	long before = AET_SYS0(gettid);
	long child = AET_SYS0(fork);

	if (child != 0)
		(void)AET_SYS1(exit_group, child < 0);
	is_expected = false;
	mend_thread_number(before);
	serial = aet_step_serial(expected_step);
}

void aet_state_copy_begin(void)
{
	say_copied();
	end_sockets();
	output = -1;
}
