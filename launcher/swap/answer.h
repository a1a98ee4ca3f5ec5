/*
 * Answers to those who wait for a swap or a snapshot (service/waiter.h).
 */
#ifndef AET_SWAP_ANSWER_H
#define AET_SWAP_ANSWER_H

/* `reload`: how the last swap went. */
void aet_answer_reload(void);

/* `snapshot`: it was taken, or why not (which is logged). */
void aet_answer_snapshot(void);
void aet_answer_no_snapshot(const char *reason, const char *detail);

/* Whoever asked for a snapshot that is not begun. */
void aet_refuse_snapshot(const char *reason, const char *detail);

/* Everybody but those who wait for the end. */
void aet_answer_stopping(void);

/* The launcher ends: that was the answer to `stop`. */
void aet_answer_stopped(void);

#endif
