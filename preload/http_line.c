#include "http_line.h"

#include <emmintrin.h>

#include "util.h"

/* Where the first line feed is, or end: sixteen bytes at a time, never beyond end. */
static const char *find_line_feed(const char *at, const char *end)
{
	const __m128i feed = _mm_set1_epi8('\n');

	for (; end - at >= 16; at += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, feed));

		if (found)
			return at + __builtin_ctz(found);
	}
	while (at < end && *at != '\n')
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

enum aet_line aet_line_take(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line)
{
	const char *end = input->at + input->length;
	const char *feed = find_line_feed(input->at, end);
	size_t length = (size_t)(feed - input->at);
	bool whole = true;

	if (feed == end || side->line_length > 0)
		keep_piece(side, input->at, length);
	if (feed == end) {
		input->length = 0;
		return AET_LINE_CUT;
	}
	*ret_line = (struct aet_text){input->at, length};
	if (side->line_length > 0) {
		whole = side->line_length <= AET_HTTP_LINE;
		*ret_line = (struct aet_text){
			side->line, AET_MIN(side->line_length, (uint32_t)AET_HTTP_LINE)};
		side->line_length = 0;
	}
	input->at = feed + 1;
	input->length = (size_t)(end - input->at);
	if (ret_line->length == 0 || ret_line->at[ret_line->length - 1] != '\r')
		return AET_LINE_BAD;
	ret_line->length--;
	return whole ? AET_LINE_WHOLE : AET_LINE_ENDS;
}

bool aet_text_begins(const struct aet_text *text, const char *word, size_t length)
{
	if (text->length < length)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text->at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c != word[i])
			return false;
	}
	return true;
}

struct aet_text aet_text_trimmed(struct aet_text text, size_t from)
{
	text.at += from;
	text.length -= from;
	while (text.length > 0 && (*text.at == ' ' || *text.at == '\t'))
		text.at++, text.length--;
	while (text.length > 0 &&
		(text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
		text.length--;
	return text;
}
