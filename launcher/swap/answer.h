/*
 * Answers to the waiters (service/waiter.h) for a swap or a snapshot.
 */
#ifndef AET_SWAP_ANSWER_H
#define AET_SWAP_ANSWER_H

#include <stdint.h>

/* Answers `reload` with the result of the last swap. */
void aet_answer_reload(void);

/* Answers `snapshot`, up to that run: it was taken, and written if it was to be; result: 0, or
 * -errno. Or why it was not taken, which goes to the log, too. */
void aet_answer_snapshot(uint64_t run, int result);
void aet_answer_no_snapshot(const char *reason, const char *detail);

/* One that nobody asked for is not taken: the first in a row is said in the log. Who has asked
 * meanwhile is answered by the next one. */
void aet_answer_skipped(const char *reason, const char *detail);

/* Answers requests for a snapshot that did not begin. */
void aet_refuse_snapshot(const char *reason, const char *detail);

/* Answers every waiter but those of `stop`. */
void aet_answer_stopping(void);

/* The launcher ends: answers `stop`, too. */
void aet_answer_stopped(void);

#endif
