/*
 * Writes one line of JSON into a growing buffer, and takes care of commas and nesting. An error (no
 * memory, end without begin) sticks until aet_json_take() returns it.
 */
#ifndef AET_JSON_H
#define AET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define AET_JSON_MAX_DEPTH 32

struct aet_json {
	char *text; /* owned, NUL-terminated once there is any */
	size_t length;
	size_t room;
	int error; /* 0, or the first -errno */
	unsigned depth; /* open objects and arrays */
	uint64_t has_items; /* bit n: the object or array at depth n has an item already */
	uint64_t is_object; /* bit n: depth n is an object */
	bool is_after_key;
};

/* Starts an empty document. */
void aet_json_init(struct aet_json *json);

/* Frees the buffer. */
void aet_json_fini(struct aet_json *json);

void aet_json_begin_object(struct aet_json *json);
void aet_json_end_object(struct aet_json *json);
void aet_json_begin_array(struct aet_json *json);
void aet_json_end_array(struct aet_json *json);

/* In an object, before each value. */
void aet_json_key(struct aet_json *json, const char *key);

/* NULL writes null; bytes that are not UTF-8 become \ufffd. */
void aet_json_string(struct aet_json *json, const char *text);
void aet_json_int64(struct aet_json *json, int64_t value);
/* One decimal; null for infinities and NaN. */
void aet_json_double(struct aet_json *json, double value);
void aet_json_bool(struct aet_json *json, bool value);
void aet_json_null(struct aet_json *json);

/* A value that is JSON already; NULL writes null. */
void aet_json_raw(struct aet_json *json, const char *text);

/* A key and its value. */
void aet_json_add_string(struct aet_json *json, const char *key, const char *text);
void aet_json_add_int64(struct aet_json *json, const char *key, int64_t value);
void aet_json_add_double(struct aet_json *json, const char *key, double value);
void aet_json_add_bool(struct aet_json *json, const char *key, bool value);
void aet_json_add_null(struct aet_json *json, const char *key);

/*
 * Hands over the NUL-terminated text, which the caller frees; ret_length may be NULL. 0; or the
 * first -errno of all calls; or -EINVAL when an object or array is open or the document is empty.
 */
int aet_json_take(struct aet_json *json, char **ret_text, size_t *ret_length);

/* Takes the text, writes it as a line and frees it. 0, or -errno with nothing written. */
int aet_json_print(struct aet_json *json, FILE *out);

#endif
