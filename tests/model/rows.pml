/*
 * The rows: the table itself, and before it those that put a fault back (the first match is taken).
 * T is whatever the includer makes of a row; a row is known by its line, those of a fault by more
 * than 1000.
 */
#ifdef BITE_LEAVES_AT_ONCE
#line 1001 "bite"
T(START, READY, is_awaited, serve_and_answer, SERVE, NONE)
#endif
#ifdef BITE_STOP_WAITS
#line 1011 "bite"
T(YIELD, STOP, always, stop, YIELD, KEEP)
T(END_OLD, STOP, always, stop, END_OLD, KEEP)
#endif
#ifdef BITE_PROMOTES_UNREADY
#line 1021 "bite"
T(BOOT, SERVING_LOST, always, promote, PROOF, PROOF)
#endif
#ifdef BITE_GATE_WAITS
#line 1031 "bite"
T(BOOT, READY, is_undone, wait_on, GATE, NONE)
#endif
#ifdef BITE_COMMITS_WITHOUT
#line 1051 "bite"
T(GATE, GATED, always, decide, DECIDE, NONE)
#endif
#ifdef BITE_PROMOTES_WITHOUT
#line 1061 "bite"
T(SETTLE, SERVING_LOST, always, promote, PROOF, PROOF)
#endif
#ifdef BITE_WAITS_FOR_A_START
#line 1041 "bite"
T(START, TIMEOUT, is_first, wait_on, START, START)
#endif
#ifdef BITE_GATES_BESIDE_FROZEN
#line 1071 "bite"
T(PROBATION, REQUEST, always, remember, FINISH, NONE)
#endif
#include "launcher/swap/table.def"
