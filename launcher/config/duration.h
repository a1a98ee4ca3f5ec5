/*
 * Durations as people write them: "5s", "1.5m", "200ms".
 */
#ifndef AET_DURATION_H
#define AET_DURATION_H

#include <stdint.h>

/* The longest duration a key takes: a timer in milliseconds holds it with room to spare. */
#define AET_DURATION_MAX_MS    (UINT64_C(480) * 60 * 60 * 1000)
#define AET_DURATION_MAX_HOURS "480h"

/* Parses text into milliseconds. NULL, or a literal that says what is wrong. */
const char *aet_duration_parse(const char *text, uint64_t *ret_ms);

#endif
