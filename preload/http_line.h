/*
 * Lines of HTTP/1 out of pieces of any size: in place where a line is whole, else collected, its
 * start and its end. What is said of a line does not depend on the pieces it came in.
 */
#ifndef AET_HTTP_LINE_H
#define AET_HTTP_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

struct aet_text {
	const char *at;
	size_t length;
};

enum aet_line {
	AET_LINE_CUT, /* its end is still to come; all input is used up */
	AET_LINE_WHOLE, /* *ret_line is the line without its CR LF */
	AET_LINE_ENDS, /* a long one: its start and its last AET_HTTP_TAIL bytes count */
	AET_LINE_BAD, /* it does not end in CR LF, or has a control character in it */
};

/* Takes the next line from input. */
enum aet_line aet_line_take(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line);

/* Of "Name: value" the length of the name; 0: there is none that every parser reads alike. */
size_t aet_line_name(const struct aet_text *line);

/* True when text begins with word (lower case), whatever its own case. */
bool aet_text_begins(const struct aet_text *text, const char *word, size_t length);

#define AET_BEGINS(text, word) aet_text_begins((text), (word), sizeof(word) - 1)

/* text from there on, without blanks before it. */
struct aet_text aet_text_from(struct aet_text text, size_t from);

static inline bool aet_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool aet_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

#endif
