#include "connections/handoff_room.h"

#include <fcntl.h>

#include "aeterna/wire.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/table.h"
#include "sys.h"

#define ROOM_MAX    128 /* from so many descriptors on, there is room at some time */
#define SPARE_SHARE 4 /* of those that are expected: as many more may come meanwhile */

/* Descriptors that find no room are lost with their connections (unix(7), MSG_CTRUNC): the limit
 * is raised for the moment as far as it goes, and the room is proven first. Any numbers will do. */
int aet_room_count(int most)
{
	int held[ROOM_MAX];
	int count = 0;
	int room;

	while (count < most &&
		(held[count] = (int)AET_SYS3(fcntl, aet_lib.lifeline, F_DUPFD_CLOEXEC, 3)) >= 0)
		count++;
	room = count;
	while (count > 0) {
		room -= held[--count] >= AET_FDS_MAX; /* which could not be parked */
		(void)AET_SYS1(close, held[count]);
	}
	return room;
}

/* As far as it goes; what it was, to be set again, or false. */
bool aet_room_raise_limit(struct rlimit *ret_before)
{
	struct rlimit raised;

	if (AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, NULL, ret_before) < 0)
		return false;
	raised = (struct rlimit){ret_before->rlim_max, ret_before->rlim_max};
	(void)AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, &raised, NULL);
	return true;
}

/* With threads a table of descriptors that grows makes who asked wait until no processor looks at
 * the old one (synchronize_rcu() in the kernel's expand_fdtable()): 8 to 30 ms for each doubling,
 * measured. So it grows while the old generation serves; it does not shrink when the number is
 * closed. */
static void grow_table(uint32_t expected, const struct rlimit *limit)
{
	uint64_t last;
	long fd;

	last = (uint64_t)aet_fd_floor + AET_QUEUE_BATCH + expected + expected / SPARE_SHARE;
	last = AET_MIN(last, AET_MIN(limit->rlim_max, (uint64_t)AET_FDS_MAX) - 1);
	fd = AET_SYS3(fcntl, aet_lib.lifeline, F_DUPFD_CLOEXEC, last);
	if (fd >= 0)
		(void)AET_SYS1(close, fd);
}

/* A message is taken as a whole or not at all. A process that can never have many descriptors would
 * leave the last ones in the handoff queue for good, while others rest here. */
static bool has_room_for(uint32_t expected, const struct rlimit *limit)
{
	uint32_t wanted = expected + AET_MIN(expected, (uint32_t)AET_QUEUE_BATCH);

	return limit->rlim_max >= ROOM_MAX ||
		(wanted <= ROOM_MAX && aet_room_count((int)wanted) == (int)wanted);
}

void aet_room_expect(const struct aet_socket *sock)
{
	struct aet_stayed none = {.listener = sock->listener};
	struct rlimit before = {0};
	uint32_t expected;

	if (sock->queue_take < 0 || !sock->held)
		return;
	expected = atomic_load(&aet_lib.page->expected);
	if (expected == 0 || !aet_room_raise_limit(&before))
		return;
	if (has_room_for(expected, &before))
		grow_table(expected, &before);
	else
		aet_client_note(&none, AET_MSG_STAYED, sizeof(none));
	(void)AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, &before, NULL);
}
