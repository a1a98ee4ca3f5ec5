/*
 * Answers to the waiters (service/waiter.h) for a swap or a snapshot.
 */
#ifndef AET_SWAP_ANSWER_H
#define AET_SWAP_ANSWER_H

/* Answers `reload` with the result of the last swap. */
void aet_answer_reload(void);

/* Answers `snapshot`: it was taken, or why not, which goes to the log, too. */
void aet_answer_snapshot(void);
void aet_answer_no_snapshot(const char *reason, const char *detail);

/* Answers requests for a snapshot that did not begin. */
void aet_refuse_snapshot(const char *reason, const char *detail);

/* Answers every waiter but those of `stop`. */
void aet_answer_stopping(void);

/* The launcher ends: answers `stop`, too. */
void aet_answer_stopped(void);

#endif
