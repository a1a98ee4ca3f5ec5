#include "http_line.h"

#include <emmintrin.h>

#include "util.h"

/* Where the first control character is, tabs apart, or end: sixteen bytes at a time, never beyond
 * end. Some parsers end a line at a bare CR or a form feed, some stop at a NUL, others do not. */
static const char *find_control(const char *at, const char *end)
{
	const __m128i space = _mm_set1_epi8(' ');
	const __m128i tab = _mm_set1_epi8('\t');

	for (; end - at >= 16; at += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i text = _mm_cmpeq_epi8(_mm_max_epu8(block, space), block);
		__m128i fine = _mm_or_si128(text, _mm_cmpeq_epi8(block, tab));
		unsigned found = (unsigned)_mm_movemask_epi8(fine) ^ 0xffff;

		if (found)
			return at + __builtin_ctz(found);
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

/* Of a long piece the middle is skipped: it would be pushed out again. */
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

/* A line of which pieces are kept, or that does not end here. */
__attribute__((noinline)) static enum aet_line take_piece(
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

enum aet_line aet_line_take(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line)
{
	const char *end = input->at + input->length;
	const char *stop;

	if (side->line_length > 0 || side->line_ends)
		return take_piece(side, input, ret_line);
	stop = find_control(input->at, end);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return take_piece(side, input, ret_line);
	*ret_line = (struct aet_text){input->at, (size_t)(stop - input->at)};
	input->at = stop + 2;
	input->length = (size_t)(end - input->at);
	return ret_line->length > AET_HTTP_LINE ? AET_LINE_ENDS : AET_LINE_WHOLE;
}

/* Printable ASCII up to the colon: at anything else in it some parsers end the header, or trim it
 * to another name. */
size_t aet_line_name(const struct aet_text *line)
{
	const __m128i colon = _mm_set1_epi8(':');
	const __m128i space = _mm_set1_epi8(' ');
	const __m128i rubout = _mm_set1_epi8(0x7f);
	size_t reach = AET_MIN(line->length, (size_t)(AET_HTTP_LINE - AET_HTTP_TAIL));
	size_t i = 0;

	for (; reach - i >= 16; i += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)(line->at + i));
		__m128i stops =
			_mm_or_si128(_mm_cmpeq_epi8(block, colon), _mm_cmpeq_epi8(block, rubout));
		unsigned text = (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(block, space));
		unsigned found = (unsigned)_mm_movemask_epi8(stops) | (text ^ 0xffff);

		if (found) {
			i += (size_t)__builtin_ctz(found);
			return line->at[i] == ':' ? i : 0;
		}
	}
	while (i < reach && line->at[i] > ' ' && line->at[i] < 0x7f && line->at[i] != ':')
		i++;
	return i < reach && line->at[i] == ':' ? i : 0;
}

/* Lines hold no control characters but tabs, so that what becomes a letter, a space or a hyphen with
 * this bit set was one before. */
#define LOWER 0x2020202020202020ull

static inline uint64_t eight(const char *at)
{
	uint64_t bytes;

	__builtin_memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

bool aet_text_begins(const struct aet_text *text, const char *word, size_t length)
{
	size_t i = 0;

	if (text->length < length || (*text->at | 0x20) != *word)
		return false;
	for (; length - i >= 8; i += 8)
		if ((eight(text->at + i) | LOWER) != eight(word + i))
			return false;
	while (i < length && (text->at[i] | 0x20) == word[i])
		i++;
	return i == length;
}

struct aet_text aet_text_from(struct aet_text text, size_t from)
{
	text.at += from;
	text.length -= from;
	while (text.length > 0 && aet_is_blank(*text.at))
		text.at++, text.length--;
	return text;
}
