/*
 * Lines of HTTP/1 from pieces of any size. A line that is whole stays in place; of any other line
 * it collects the start and the end. The result does not depend on the pieces a line came in.
 */
#ifndef AET_HTTP_LINE_H
#define AET_HTTP_LINE_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connections/http_side.h"
#include "util.h"

#define AET_LINE_STEP 16 /* bytes compared at once */

struct aet_text {
	const char *at;
	size_t length;
};

enum aet_line {
	AET_LINE_CUT, /* its end is still to come; all input is taken */
	AET_LINE_WHOLE, /* *ret_line is the line without its CR LF */
	AET_LINE_ENDS, /* a long line: only its start and last AET_HTTP_TAIL bytes are known */
	AET_LINE_BAD, /* it does not end in CR LF, or has a control character in it */
};

/* The length of the name in "Name: value"; 0: no name that every parser reads alike. */
size_t aet_line_name(const struct aet_text *line);

/* For a byte of a line, which holds no control character but tabs. */
static inline bool aet_is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static inline bool aet_is_line_end(const char *at)
{
	uint16_t bytes;

	__builtin_memcpy(&bytes, at, sizeof(bytes));
	return bytes == ('\r' | '\n' << 8);
}

/* text from `from` on, without leading blanks. */
static inline struct aet_text aet_text_from(struct aet_text text, size_t from)
{
	text.at += from;
	text.length -= from;
	while (text.length > 0 && aet_is_blank(*text.at))
		text.at++, text.length--;
	return text;
}

/* Sets bit 5 of each byte, which makes letters lower case. Lines hold no control characters but
 * tabs, so a byte that becomes a letter, a space or a hyphen was one before. */
#define AET_LOWER 0x2020202020202020ull

static inline uint64_t aet_eight(const char *at)
{
	uint64_t bytes;

	__builtin_memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

static inline uint32_t aet_four(const char *at)
{
	uint32_t bytes;

	__builtin_memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* True when the first length bytes are word, in any case; word is lower case. length is 4 to 24
 * and a constant, so this is a few integer comparisons, of which two may overlap. */
__attribute__((always_inline)) static inline bool aet_alike(
	const char *at, const char *word, size_t length)
{
	const char *last = word + length;

	if (length < 8)
		return (aet_four(at) | (uint32_t)AET_LOWER) == aet_four(word) &&
			(aet_four(at + length - 4) | (uint32_t)AET_LOWER) == aet_four(last - 4);
	if ((aet_eight(at) | AET_LOWER) != aet_eight(word))
		return false;
	if (length > 16 && (aet_eight(at + 8) | AET_LOWER) != aet_eight(word + 8))
		return false;
	return (aet_eight(at + length - 8) | AET_LOWER) == aet_eight(last - 8);
}

/* True when text begins with word, or is word, in any case. */
#define AET_BEGINS(text, word)                                                                     \
	((text)->length >= sizeof(word) - 1 && aet_alike((text)->at, (word), sizeof(word) - 1))
#define AET_IS(text, word)                                                                         \
	((text)->length == sizeof(word) - 1 && aet_alike((text)->at, (word), sizeof(word) - 1))

static inline bool aet_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline __m128i aet_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* One bit for each byte: set for control characters, tabs included. */
static inline uint64_t aet_controls(__m128i block)
{
	__m128i least = _mm_min_epu8(block, _mm_set1_epi8(' ' - 1));

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(least, block));
}

/* The same for printable ASCII other than colons. The + 1 makes DEL (0x7f) negative. */
static inline uint64_t aet_name_bytes(__m128i block)
{
	__m128i colon = _mm_cmpeq_epi8(block, _mm_set1_epi8(':'));
	__m128i next = _mm_add_epi8(block, _mm_set1_epi8(1));
	__m128i text = _mm_cmpgt_epi8(next, _mm_set1_epi8(' ' + 1));

	return (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(colon, text));
}

/* The CR LF at the end of the line; NULL: it is not there, or another control character, perhaps
 * a tab, comes before it. Needs AET_LINE_STEP readable bytes before end, even if the line begins
 * after the first of them. *ret_name: which of the line's first bytes may be in a name. */
static inline const char *aet_line_end(const char *at, const char *end, uint64_t *ret_name)
{
	const char *last = end - AET_LINE_STEP;
	uint64_t controls;

	if (AET_LIKELY(at <= last)) {
		controls = aet_controls(aet_load(at));
		*ret_name = aet_name_bytes(aet_load(at));
	} else {
		controls = aet_controls(aet_load(last)) >> (at - last);
		*ret_name = aet_name_bytes(aet_load(last)) >> (at - last);
	}
	while (!controls) {
		if (at >= last)
			return NULL;
		at = AET_MIN(at + AET_LINE_STEP, last);
		controls = aet_controls(aet_load(at));
	}
	at += __builtin_ctzll(controls);
	return at + 1 < end && aet_is_line_end(at) ? at : NULL;
}

/* Takes a line that came in pieces, or that aet_line_end() cannot find. */
enum aet_line aet_line_take_piece(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line);

/* Takes the next line from input. */
static inline enum aet_line aet_line_take(
	struct aet_http_side *side, struct aet_text *input, struct aet_text *ret_line)
{
	const char *end = input->at + input->length;
	const char *stop = NULL;
	uint64_t name;

	if (side->line_length == 0 && !side->line_ends && input->length >= AET_LINE_STEP)
		stop = aet_line_end(input->at, end, &name);
	if (!stop)
		return aet_line_take_piece(side, input, ret_line);
	*ret_line = (struct aet_text){input->at, (size_t)(stop - input->at)};
	input->at = stop + 2;
	input->length = (size_t)(end - input->at);
	return ret_line->length > AET_HTTP_LINE ? AET_LINE_ENDS : AET_LINE_WHOLE;
}

#endif
