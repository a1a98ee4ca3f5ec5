#include "http_field.h"

#include "util.h"

static bool read_length(struct aet_http_side *side, struct aet_text value)
{
	if (side->sized || value.length == 0 || value.length > AET_HTTP_DIGITS_MAX)
		return false;
	side->left = 0;
	for (size_t i = 0; i < value.length; i++) {
		if (!aet_is_digit(value.at[i]))
			return false;
		side->left = side->left * 10 + (uint64_t)(value.at[i] - '0');
	}
	side->sized = true;
	return true;
}

/* A list of words; of interest are close and keep-alive. False: not such a list to the letter. */
static bool read_connection(struct aet_http_side *side, struct aet_text value)
{
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

bool aet_field_is_framing(const struct aet_text *line, size_t name)
{
	return (name == 14 && AET_BEGINS(line, "content-length")) ||
		(name == 17 && AET_BEGINS(line, "transfer-encoding")) ||
		(name == 10 && AET_BEGINS(line, "connection"));
}

bool aet_field_read(struct aet_http_side *side, const struct aet_text *line, bool whole)
{
	size_t name = aet_line_name(line);
	struct aet_text value;

	if (name == 0)
		return false;
	if (name == 6 && AET_BEGINS(line, "expect"))
		side->expects = true;
	if (!aet_field_is_framing(line, name))
		return true;
	value = aet_text_from(*line, name + 1);
	/* Not everybody takes a blank off the end of a value. */
	if (!whole || aet_is_blank(line->at[line->length - 1]))
		return false;
	if (name == 14)
		return read_length(side, value);
	if (name == 10)
		return read_connection(side, value);
	if (side->chunked || value.length != 7 || !AET_BEGINS(&value, "chunked"))
		return false;
	side->chunked = true;
	return true;
}
