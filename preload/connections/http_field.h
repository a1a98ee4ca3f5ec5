/*
 * Fields of an HTTP/1 header that move a boundary: Content-Length, Transfer-Encoding, Connection,
 * and Expect, which says that the body may never come.
 */
#ifndef AET_HTTP_FIELD_H
#define AET_HTTP_FIELD_H

#include "connections/http_line.h"

/* One of the first three, by the length of its name. */
bool aet_field_is_framing(const struct aet_text *line, size_t name);

/* What is left of a header, as far as its lines lie whole in input. */
enum aet_fields {
	AET_FIELDS_CUT, /* the next line has to be taken by itself; or there is no more input */
	AET_FIELDS_END, /* the empty line was taken */
	AET_FIELDS_BAD, /* as false below */
};

/* Takes them. It judges nothing that aet_line_take() would not take: that is left where it is. */
enum aet_fields aet_fields_take(struct aet_http_side *side, struct aet_text *input);

/* Reads a line of a header; whole: it is no longer than what is looked at. False: it moves a
 * boundary in a way that is not understood. */
bool aet_field_read(struct aet_http_side *side, const struct aet_text *line, bool whole);

#endif
