/*
 * Fields of an HTTP/1 header that move a boundary: Content-Length, Transfer-Encoding, Connection,
 * and Expect, which says that the body may never come.
 */
#ifndef AET_HTTP_FIELD_H
#define AET_HTTP_FIELD_H

#include "http_line.h"

/* One of the first three, by the length of its name. */
bool aet_field_is_framing(const struct aet_text *line, size_t name);

/* Reads a line of a header; whole: it is no longer than what is looked at. False: it moves a
 * boundary in a way that is not understood. */
bool aet_field_read(struct aet_http_side *side, const struct aet_text *line, bool whole);

#endif
