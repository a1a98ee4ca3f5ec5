/*
 * The sections that the serving generation was given, for `status` and for the line of `reload`: their
 * names, their bytes, and which of them nobody had asked for when they were loaded.
 */
#ifndef AET_REPORT_H
#define AET_REPORT_H

#include <stddef.h>

struct aet_json;

/* A generation serves with what was loaded last: remembers its sections. Or it serves without any. */
void aet_report_take(void);
void aet_report_clear(void);

/* "a, b and 3 more": the pending ones, cut to size; empty: there are none. */
void aet_report_pending(char *ret_text, size_t size);

/* An array of objects: name, bytes (null: not known alone), pending. */
void aet_report_print(struct aet_json *json);

#endif
