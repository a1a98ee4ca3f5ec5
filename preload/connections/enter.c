#include "connections/enter.h"

#include "connections/blocked_threads.h"
#include "connections/hold.h"
#include "connections/migrate_out.h"
#include "connections/read_verdict.h"
#include "core/background.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/options.h"

/* The last word of the page under which reads went on freely. */
static _Atomic uint64_t free_word;

static enum aet_read_verdict verdict_on(const struct aet_conn *conn, uint64_t word)
{
	return aet_read_verdict(aet_word_role(word, aet_lib.generation),
		atomic_load(&aet_lib.page->busy_policy) != AET_BUSY_POLICY_NONE, aet_is_frozen(),
		aet_http_is_idle(&conn->http));
}

/* The record is entered and the word is new. Out of line, so that the fast path saves no registers
 * for it. */
__attribute__((noinline)) static struct aet_conn *decide(int fd, struct aet_conn *conn)
{
	for (; conn; conn = aet_conn_enter(fd)) {
		uint64_t word = atomic_load(&aet_lib.page->word);
		enum aet_read_verdict verdict = verdict_on(conn, word);
		enum aet_leaving leaving;

		conn->reader = aet_own_thread_id();
		if (verdict == AET_READ_FREELY)
			atomic_store(&free_word, word);
		if (verdict == AET_READ_FREELY || verdict == AET_READ_ON)
			return conn;
		aet_conn_leave(conn);
		if (verdict == AET_READ_LEAVE &&
			(leaving = aet_conn_migrate_out(fd, conn)) != AET_LEAVING_LATER)
			return leaving == AET_LEAVING_DONE ? NULL : aet_conn_enter_write(fd);
		if (verdict == AET_READ_LEAVE && aet_fd_is_nonblocking(fd))
			return AET_CONN_HELD;
		if (verdict == AET_READ_LEAVE) {
			aet_conn_await(fd);
			continue;
		}
		if (verdict == AET_READ_HOLD && aet_fd_is_nonblocking(fd)) {
			aet_conn_quieten(fd, conn, word);
			if (conn->epfd < 0)
				aet_conn_pause();
			return AET_CONN_HELD;
		}
		aet_conn_hold_read(fd, conn);
	}
	return NULL;
}

struct aet_conn *aet_conn_enter_read(int fd)
{
	struct aet_conn *conn = aet_conn_enter(fd);
	uint64_t word;

	if (!conn)
		return NULL;
	aet_background_note_answer();
	conn->reader = aet_own_thread_id();
	word = atomic_load_explicit(&aet_lib.page->word, memory_order_relaxed);
	if (AET_UNLIKELY(word != atomic_load_explicit(&free_word, memory_order_relaxed)))
		return decide(fd, conn);
	return conn;
}

struct aet_conn *aet_conn_enter_write(int fd)
{
	aet_background_note_answer();
	if (AET_UNLIKELY(aet_is_frozen()))
		aet_conn_hold_write();
	return aet_conn_enter(fd);
}
