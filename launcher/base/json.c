/*
 * The JSON writer. Its output is always valid JSON in UTF-8, whatever bytes come in: names and
 * paths may have any.
 */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_bytes(struct aet_json *json, const char *bytes, size_t count)
{
	if (json->error)
		return;
	if (json->room - json->length < count + 1) {
		size_t room = (json->room + count + 256) * 2;
		char *text = realloc(json->text, room);

		if (!text) {
			json->error = -ENOMEM;
			return;
		}
		json->text = text;
		json->room = room;
	}
	memcpy(json->text + json->length, bytes, count);
	json->length += count;
	json->text[json->length] = '\0';
}

static void put_text(struct aet_json *json, const char *text)
{
	put_bytes(json, text, strlen(text));
}

static bool get_bit(uint64_t bits, unsigned n)
{
	return bits >> n & 1;
}

/* Puts a comma before a value, unless it is the first or follows its key. */
static void begin_value(struct aet_json *json)
{
	if (json->is_after_key) {
		json->is_after_key = false;
		return;
	}
	if (get_bit(json->is_object, json->depth) ||
		(json->depth == 0 && get_bit(json->has_items, 0)))
		json->error = json->error ? json->error : -EINVAL;
	if (get_bit(json->has_items, json->depth))
		put_text(json, ", ");
	json->has_items |= UINT64_C(1) << json->depth;
}

static void begin(struct aet_json *json, bool is_object)
{
	begin_value(json);
	if (json->depth + 1 >= AET_JSON_MAX_DEPTH) {
		json->error = json->error ? json->error : -EINVAL;
		return;
	}
	json->depth++;
	json->has_items &= ~(UINT64_C(1) << json->depth);
	json->is_object &= ~(UINT64_C(1) << json->depth);
	json->is_object |= (uint64_t)is_object << json->depth;
	put_text(json, is_object ? "{" : "[");
}

static void end(struct aet_json *json, bool is_object)
{
	if (json->depth == 0 || json->is_after_key ||
		get_bit(json->is_object, json->depth) != is_object) {
		json->error = json->error ? json->error : -EINVAL;
		return;
	}
	json->depth--;
	put_text(json, is_object ? "}" : "]");
}

void aet_json_init(struct aet_json *json)
{
	*json = (struct aet_json){0};
}

void aet_json_fini(struct aet_json *json)
{
	free(json->text);
	*json = (struct aet_json){0};
}

void aet_json_begin_object(struct aet_json *json)
{
	begin(json, true);
}

void aet_json_end_object(struct aet_json *json)
{
	end(json, true);
}

void aet_json_begin_array(struct aet_json *json)
{
	begin(json, false);
}

void aet_json_end_array(struct aet_json *json)
{
	end(json, false);
}

/* The length of the UTF-8 character at text; 0: the bytes are no character (RFC 3629). */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	n = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	/* No overlong forms, no surrogates, nothing past U+10FFFF. */
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < n; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return n;
}

static const char *short_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static void put_string(struct aet_json *json, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	put_text(json, "\"");
	while (*p) {
		size_t n = utf8_length(p);
		char escape[8];

		if (n == 0) {
			put_text(json, "\\ufffd");
			n = 1;
		} else if (short_escape(*p)) {
			put_text(json, short_escape(*p));
		} else if (*p < ' ' || *p == 0x7f) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", *p);
			put_text(json, escape);
		} else {
			put_bytes(json, (const char *)p, n);
		}
		p += n;
	}
	put_text(json, "\"");
}

void aet_json_key(struct aet_json *json, const char *key)
{
	if (!get_bit(json->is_object, json->depth) || json->is_after_key) {
		json->error = json->error ? json->error : -EINVAL;
		return;
	}
	if (get_bit(json->has_items, json->depth))
		put_text(json, ", ");
	json->has_items |= UINT64_C(1) << json->depth;
	put_string(json, key);
	put_text(json, ": ");
	json->is_after_key = true;
}

void aet_json_string(struct aet_json *json, const char *text)
{
	if (!text) {
		aet_json_null(json);
		return;
	}
	begin_value(json);
	put_string(json, text);
}

static void put_format(struct aet_json *json, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put_format(struct aet_json *json, const char *format, ...)
{
	char text[400]; /* the longest double has 309 digits before the point */
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	begin_value(json);
	put_text(json, text);
}

void aet_json_int64(struct aet_json *json, int64_t value)
{
	put_format(json, "%lld", (long long)value);
}

void aet_json_raw(struct aet_json *json, const char *text)
{
	begin_value(json);
	put_text(json, text ? text : "null");
}

void aet_json_double(struct aet_json *json, double value)
{
	if (isfinite(value))
		put_format(json, "%.1f", value);
	else
		aet_json_null(json);
}

void aet_json_bool(struct aet_json *json, bool value)
{
	put_format(json, "%s", value ? "true" : "false");
}

void aet_json_null(struct aet_json *json)
{
	put_format(json, "null");
}

void aet_json_add_string(struct aet_json *json, const char *key, const char *text)
{
	aet_json_key(json, key);
	aet_json_string(json, text);
}

void aet_json_add_int64(struct aet_json *json, const char *key, int64_t value)
{
	aet_json_key(json, key);
	aet_json_int64(json, value);
}

void aet_json_add_double(struct aet_json *json, const char *key, double value)
{
	aet_json_key(json, key);
	aet_json_double(json, value);
}

void aet_json_add_bool(struct aet_json *json, const char *key, bool value)
{
	aet_json_key(json, key);
	aet_json_bool(json, value);
}

void aet_json_add_null(struct aet_json *json, const char *key)
{
	aet_json_key(json, key);
	aet_json_null(json);
}

int aet_json_take(struct aet_json *json, char **ret_text, size_t *ret_length)
{
	if (json->error)
		return json->error;
	if (json->depth > 0 || json->length == 0)
		return -EINVAL;

	*ret_text = json->text;
	if (ret_length)
		*ret_length = json->length;
	json->text = NULL;
	aet_json_fini(json);
	return 0;
}

int aet_json_print(struct aet_json *json, FILE *out)
{
	char *text = NULL;
	int result = aet_json_take(json, &text, NULL);

	aet_json_fini(json);
	if (result < 0)
		return result;
	(void)fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
