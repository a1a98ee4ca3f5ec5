#include "connections/http_field.h"

#include "util.h"

static bool read_length(struct aet_http_side *side, struct aet_text value)
{
	uint64_t size = 0;

	if (side->sized || value.length == 0 || value.length > AET_HTTP_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (!aet_is_digit(value.at[i]))
			return false;
		size = size * 10 + (uint64_t)(value.at[i] - '0');
	}
	side->left = size;
	side->sized = true;
	return true;
}

/* A list of words, of which close and keep-alive matter. False: it is not exactly such a list. */
static bool read_connection(struct aet_http_side *side, struct aet_text value)
{
	if (AET_IS(&value, "keep-alive")) {
		side->keep_alive = true;
		return true;
	}
	while (value.length > 0) {
		size_t word = 0;

		while (word < value.length && value.at[word] != ',' &&
			!aet_is_blank(value.at[word]))
			word++;
		if (word == 0 || (word < value.length && value.at[word] != ','))
			return false;
		if (word == 5 && AET_BEGINS(&value, "close"))
			side->close = true;
		else if (word == 10 && AET_BEGINS(&value, "keep-alive"))
			side->keep_alive = true;
		if (word == value.length)
			return true;
		value = aet_text_from(value, word + 1);
		if (value.length == 0) /* a comma at the end */
			return false;
	}
	return true;
}

static bool read_coding(struct aet_http_side *side, struct aet_text value)
{
	if (side->chunked || !AET_IS(&value, "chunked"))
		return false;
	side->chunked = true;
	return true;
}

bool aet_field_is_framing(const struct aet_text *line, size_t name)
{
	switch (name) {
	case 10:
		return AET_BEGINS(line, "connection");
	case 14:
		return AET_BEGINS(line, "content-length");
	case 17:
		return AET_BEGINS(line, "transfer-encoding");
	default:
		return false;
	}
}

typedef bool read_value(struct aet_http_side *side, struct aet_text value);

/* Refuses a value that ends in a blank, because not every parser strips it. */
static inline bool read_whole(struct aet_http_side *side, const struct aet_text *line, size_t name,
	bool whole, read_value *read)
{
	return whole && !aet_is_blank(line->at[line->length - 1]) &&
		read(side, aet_text_from(*line, name + 1));
}

/* The lengths of names that matter. */
#define MATTERS (1u << 6 | 1u << 10 | 1u << 14 | 1u << 17)

/* Reads a field whose name has the length name. */
__attribute__((always_inline)) static inline bool read_field(
	struct aet_http_side *side, const struct aet_text *line, size_t name, bool whole)
{
	if (name > 17 || !(MATTERS >> name & 1))
		return true;
	switch (name) {
	case 6:
		side->expects = side->expects || AET_BEGINS(line, "expect");
		return true;
	case 10:
		return !AET_BEGINS(line, "connection") ||
			read_whole(side, line, name, whole, read_connection);
	case 14:
		return !AET_BEGINS(line, "content-length") ||
			read_whole(side, line, name, whole, read_length);
	case 17:
		return !AET_BEGINS(line, "transfer-encoding") ||
			read_whole(side, line, name, whole, read_coding);
	default:
		return true;
	}
}

bool aet_field_read(struct aet_http_side *side, const struct aet_text *line, bool whole)
{
	size_t name = aet_line_name(line);

	return name > 0 && read_field(side, line, name, whole);
}

enum aet_fields aet_fields_take(struct aet_http_side *side, struct aet_text *input)
{
	const char *end = input->at + input->length;
	enum aet_fields found = AET_FIELDS_CUT;
	const char *at = input->at;

	if (input->length < AET_LINE_STEP)
		return AET_FIELDS_CUT;
	do {
		uint64_t inside;
		const char *stop = aet_line_end(at, end, &inside);
		size_t length;
		size_t name;

		if (!stop)
			break;
		length = (size_t)(stop - at);
		if (length == 0) {
			found = AET_FIELDS_END;
		} else {
			name = (size_t)__builtin_ctzll(~inside);
			if (AET_UNLIKELY(name == AET_LINE_STEP))
				name = aet_line_name(&(struct aet_text){at, length});
			if (name == 0 || at[name] != ':')
				break;
			if (!read_field(side, &(struct aet_text){at, length}, name,
				    length <= AET_HTTP_LINE))
				found = AET_FIELDS_BAD;
		}
		at = stop + 2;
	} while (found == AET_FIELDS_CUT);
	input->at = at;
	input->length = (size_t)(end - at);
	return found;
}
