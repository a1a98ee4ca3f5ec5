/*
 * The fields of an HTTP/1 header that move a boundary: Content-Length, Transfer-Encoding,
 * Connection, and Expect, with which the body may never come. And those of a login that belongs to
 * its connection (NTLM and Negotiate, RFC 4559): another process would not know who speaks.
 */
#ifndef AET_HTTP_FIELD_H
#define AET_HTTP_FIELD_H

#include "connections/http_line.h"

/* True for one of the first three; name: the length of its name. */
bool aet_field_is_framing(const struct aet_text *line, size_t name);

/* How far aet_fields_take() came. */
enum aet_fields {
	AET_FIELDS_CUT, /* aet_line_take() must take the next line; or there is no more input */
	AET_FIELDS_END, /* the empty line was taken */
	AET_FIELDS_BAD, /* as false of aet_field_read() */
};

/* Takes the rest of a header as far as its lines lie whole in input. It leaves a line that it
 * cannot read at once to aet_line_take(). */
enum aet_fields aet_fields_take(struct aet_http_side *side, struct aet_text *input);

/* Reads a header line; whole: line holds all of it. False: it moves a boundary in a way that we do
 * not understand. */
bool aet_field_read(struct aet_http_side *side, const struct aet_text *line, bool whole);

#endif
