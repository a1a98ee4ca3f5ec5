/*
 * overlap: false with state: before the gate the serving generation says which names it has. What the
 * next version would lose has to be found before the old one ends.
 */
#ifndef AET_STOP_NAMES_H
#define AET_STOP_NAMES_H

#include <stdbool.h>

#include "swap/swap.h"

/* True once that is said, and memory is made for what will be dumped; true for every other swap. If
 * a name would be lost, or at_once nothing was said, posts the event. */
bool aet_stop_names_are_safe(enum aet_swap_event otherwise, bool at_once);

#endif
