/*
 * How long each state may last: the last column of table.def, in milliseconds from now.
 */
#ifndef AET_TIMEOUT_H
#define AET_TIMEOUT_H

#include <stdint.h>

#define AET_PROOF_MS      150 /* a version that dies within this time fails its reload */
#define AET_PROOF_MOST_MS 2000 /* the longest wait for connections to move */
#define AET_MOVE_CHECK_MS 10
#define AET_COPY_TIMES    6
#define AET_KILL_CHECK_MS 1000 /* then KILL again what still lives */
#define AET_END_CHECK_MS  20
#define AET_ASK_MS        500 /* with overlap: false, the shortest wait for a quiet moment */

#define AET_TIMEOUTS(X)                                                                            \
	X(NONE) /* no timeout */                                                                   \
	X(KEEP) /* the armed one goes on */                                                        \
	X(BOOT) /* start_timeout */                                                                \
	X(SETTLE) /* handoff.settle_timeout; none before a stop */                                 \
	X(HANDOFF) /* handoff.timeout */                                                           \
	X(YIELD) /* handoff.timeout; drain_timeout if it finishes requests after its dump */       \
	X(BRIEF) /* AET_DUE_GATE_MS */                                                             \
	X(COPY) /* AET_COPY_TIMES times handoff.timeout: nobody waits for it */                    \
	X(STOP) /* stop_timeout */                                                                 \
	X(START) /* what is left of start_timeout since the generation was started */              \
	X(RESTORE) /* the same, and at least handoff.timeout */                                    \
	X(PROOF)                                                                                   \
	X(MOVE_CHECK)                                                                              \
	X(PROBATION) /* what is left of ready_after */                                             \
	X(KILL_CHECK)                                                                              \
	X(BACKOFF) /* until the next start */                                                      \
	X(END_CHECK)

enum aet_timeout {
#define X(name) AET_TIMEOUT_##name,
	AET_TIMEOUTS(X)
#undef X
		AET_TIMEOUT_COUNT,
};

/* For every kind but NONE and KEEP. Depends on the swap in hand. */
uint64_t aet_timeout_ms(enum aet_timeout kind);

#endif
