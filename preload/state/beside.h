/*
 * A process of a frozen generation that has no state of its own: a parent that watches its workers,
 * above all. It would miss their answers and kill them. So it stands still at a safe point from the
 * dump on, like them, and goes on last: when they have, and have had time to answer.
 */
#ifndef AET_BESIDE_H
#define AET_BESIDE_H

#include <stdbool.h>

bool aet_beside_is_due(void);

/* Stands still until the generation goes on. */
void aet_beside_stand(void);

#endif
