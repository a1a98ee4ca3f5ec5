#include "connections/stall.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "connections/conn.h"
#include "core/background.h"
#include "core/client.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/table.h"
#include "sys.h"

#define STALL_S 10

/* No byte of it has passed for that long. */
static bool stands(struct aet_conn *conn, uint32_t now_s)
{
	if (!atomic_load(&conn->busy))
		return false;
	if (AET_READ(conn->passed)) {
		AET_WRITE(conn->passed, false);
		conn->passed_s = now_s;
	}
	return now_s - conn->passed_s > STALL_S;
}

void aet_conns_look_for_stall(void)
{
	struct aet_let_go note = {.threads = (uint32_t)aet_background_standing()};
	struct timespec now = {0};

	if (!aet_conns || note.threads == 0 || !aet_frozen_has_handed_over())
		return;
	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	for (int fd = 0; fd <= aet_conn_high; fd++) {
		if (aet_mark(fd) != AET_MARK_CONNECTION ||
			!stands(&aet_conns[fd], (uint32_t)now.tv_sec))
			continue;
		aet_background_let_go();
		note.seconds = STALL_S;
		aet_client_note(&note, AET_MSG_LET_GO, sizeof(note));
		return;
	}
}
