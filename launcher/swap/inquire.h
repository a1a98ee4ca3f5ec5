/*
 * Asks the serving generation what it knows of its state: once it serves, which names lead nowhere;
 * before it ends for a version that starts after it (overlap: false), which would be lost; and for
 * `check`, everything. The program goes on meanwhile.
 */
#ifndef AET_INQUIRE_H
#define AET_INQUIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct aet_json;

/* A generation serves: what leads nowhere goes into the log and into the status. */
void aet_inquire_names(void);

/* For overlap: false, in SETTLE. */
void aet_inquire_before_stop(void);
bool aet_inquire_is_over(void);

/* True with a sentence: a name had something, and the next version has no place for it. */
bool aet_inquire_refuses(char *ret_detail, size_t size);

/* `check` of a service that runs: answers AET_WAITER_DESCRIBE, now or later. */
void aet_inquire_everything(void);

/* What leads nowhere, as lines or as an array of objects. */
void aet_inquire_print(FILE *out);
void aet_inquire_print_json(struct aet_json *json);

#endif
