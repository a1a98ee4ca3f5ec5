/*
 * How long the next dump and load will take: as long as the last ones did, times what the state has
 * grown since, as its processes estimate it. Never from the size alone: without a measurement there
 * is no forecast.
 */
#ifndef AET_FORECAST_H
#define AET_FORECAST_H

#include <stdbool.h>
#include <stddef.h>

/* The step in hand is done: remembers how long it took. */
void aet_forecast_dumped(void);
void aet_forecast_loaded(void);

/* What the last dump and load took together; 0: nothing was measured. */
double aet_forecast_measured_ms(void);

/* True with a sentence if the swap in hand would need twice what handoff.timeout allows. */
bool aet_forecast_refuses(char *ret_detail, size_t size);

#endif
