#include "connections/http_line.h"

#include "util.h"

/* Finds the first control character other than a tab, or end; 16 bytes at a time, never beyond end.
 * Some parsers end a line at a bare CR or a form feed, some stop at a NUL, others do not. */
static const char *find_control(const char *at, const char *end)
{
	for (; end - at >= AET_LINE_STEP; at += AET_LINE_STEP) {
		uint64_t found = aet_controls(aet_load(at));

		for (; found; found &= found - 1)
			if (at[__builtin_ctzll(found)] != '\t')
				return at + __builtin_ctzll(found);
	}
	while (at < end && ((unsigned char)*at >= ' ' || *at == '\t'))
		at++;
	return at;
}

static void append(struct aet_http_side *side, char c)
{
	char *tail = side->line + AET_HTTP_LINE - AET_HTTP_TAIL;

	if (side->line_length < AET_HTTP_LINE) {
		side->line[side->line_length] = c;
	} else {
		for (int i = 0; i + 1 < AET_HTTP_TAIL; i++)
			tail[i] = tail[i + 1];
		tail[AET_HTTP_TAIL - 1] = c;
	}
	if (side->line_length <= AET_HTTP_LINE)
		side->line_length++;
}

/* Skips the middle of a long piece: append() would push it out again. */
static void keep_piece(struct aet_http_side *side, const char *piece, size_t length)
{
	const size_t kept = AET_HTTP_LINE + AET_HTTP_TAIL;

	for (size_t i = 0; i < length; i++) {
		if (i == AET_HTTP_LINE && length > kept)
			i = length - AET_HTTP_TAIL;
		append(side, piece[i]);
	}
}

static struct aet_text kept(struct aet_http_side *side, enum aet_line *ret_kind)
{
	struct aet_text line = {side->line, AET_MIN(side->line_length, (uint32_t)AET_HTTP_LINE)};

	*ret_kind = side->line_length > AET_HTTP_LINE ? AET_LINE_ENDS : AET_LINE_WHOLE;
	side->line_length = 0;
	side->line_ends = false;
	return line;
}

enum aet_line aet_line_take_piece(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line)
{
	const char *end = input->at + input->length;
	const char *stop = side->line_ends ? input->at : find_control(input->at, end);
	size_t length = (size_t)(stop - input->at);
	enum aet_line kind = length > AET_HTTP_LINE ? AET_LINE_ENDS : AET_LINE_WHOLE;
	bool in_place = side->line_length == 0 && !side->line_ends && end - stop >= 2;

	if (!in_place)
		keep_piece(side, input->at, length);
	if (stop < end && !side->line_ends) {
		if (*stop != '\r')
			return AET_LINE_BAD;
		side->line_ends = true;
		stop++;
	}
	if (stop == end) {
		input->length = 0;
		return AET_LINE_CUT;
	}
	if (*stop != '\n')
		return AET_LINE_BAD;
	*ret_line = (struct aet_text){input->at, length};
	if (!in_place)
		*ret_line = kept(side, &kind);
	side->line_ends = false;
	input->at = stop + 1;
	input->length = (size_t)(end - input->at);
	return kind;
}

/* A name is printable ASCII up to the colon. At any other byte some parsers end the header, or trim
 * the name to another one. */
size_t aet_line_name(const struct aet_text *line)
{
	size_t reach = AET_MIN(line->length, (size_t)(AET_HTTP_LINE - AET_HTTP_TAIL));
	size_t i = 0;

	for (; reach - i >= AET_LINE_STEP; i += AET_LINE_STEP) {
		uint64_t name = aet_name_bytes(aet_load(line->at + i));

		if (name != 0xffff) {
			i += (size_t)__builtin_ctzll(~name);
			return line->at[i] == ':' ? i : 0;
		}
	}
	while (i < reach && line->at[i] > ' ' && line->at[i] < 0x7f && line->at[i] != ':')
		i++;
	return i < reach && line->at[i] == ':' ? i : 0;
}
