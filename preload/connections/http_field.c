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

/* A list of words, of which close, keep-alive and upgrade matter. False: it is not exactly such a list. */
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
		else if (word == 7 && AET_BEGINS(&value, "upgrade"))
			side->upgrades = true;
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

static bool is_word(struct aet_text text, size_t length)
{
	return text.length == length || aet_is_blank(text.at[length]) || text.at[length] == ',';
}

/* The scheme that the text begins with keeps its login with the connection. */
static bool is_tying_scheme(struct aet_text text)
{
	return (AET_BEGINS(&text, "ntlm") && is_word(text, 4)) ||
		(AET_BEGINS(&text, "negotiate") && is_word(text, 9));
}

/* Of a line that is not whole only the start is known, however it came. */
static struct aet_text known_value(const struct aet_text *line, size_t name, bool whole)
{
	const size_t known = AET_HTTP_LINE - AET_HTTP_TAIL;
	struct aet_text text = {line->at, whole ? line->length : AET_MIN(line->length, known)};

	return aet_text_from(text, name + 1);
}

static void read_login(
	struct aet_http_side *side, const struct aet_text *line, size_t name, bool whole)
{
	if (is_tying_scheme(known_value(line, name, whole)))
		side->ties = true;
}

/* Schemes that the server offers, separated by commas. */
static void read_offers(
	struct aet_http_side *side, const struct aet_text *line, size_t name, bool whole)
{
	struct aet_text value = known_value(line, name, whole);

	while (value.length > 0) {
		size_t comma = 0;

		if (is_tying_scheme(value))
			side->ties = true;
		while (comma < value.length && value.at[comma] != ',')
			comma++;
		if (comma == value.length)
			return;
		value = aet_text_from(value, comma + 1);
	}
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
#define MATTERS_MAX 19
#define MATTERS                                                                                    \
	(1u << 6 | 1u << 10 | 1u << 13 | 1u << 14 | 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19)

/* Reads a field whose name has the length name. */
__attribute__((always_inline)) static inline bool read_field(
	struct aet_http_side *side, const struct aet_text *line, size_t name, bool whole)
{
	if (name > MATTERS_MAX || !(MATTERS >> name & 1))
		return true;
	switch (name) {
	case 6:
		side->expects = side->expects || AET_BEGINS(line, "expect");
		return true;
	case 10:
		return !AET_BEGINS(line, "connection") ||
			read_whole(side, line, name, whole, read_connection);
	case 13:
		if (AET_BEGINS(line, "authorization"))
			read_login(side, line, name, whole);
		return true;
	case 14:
		return !AET_BEGINS(line, "content-length") ||
			read_whole(side, line, name, whole, read_length);
	case 16:
		if (AET_BEGINS(line, "www-authenticate"))
			read_offers(side, line, name, whole);
		return true;
	case 17:
		return !AET_BEGINS(line, "transfer-encoding") ||
			read_whole(side, line, name, whole, read_coding);
	case 18:
		if (AET_BEGINS(line, "proxy-authenticate"))
			read_offers(side, line, name, whole);
		return true;
	case 19:
		if (AET_BEGINS(line, "proxy-authorization"))
			read_login(side, line, name, whole);
		return true;
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
