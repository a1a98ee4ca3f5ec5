/*
 * Strict on purpose (RFC 9112): a line ends in CR LF, a length is given once, and chunked is the
 * only transfer coding. Ordinary traffic passes; a message that two parsers could read differently
 * does not.
 */
#include "connections/http.h"

#include "connections/http_field.h"
#include "connections/http_line.h"

static void lose(struct aet_http *http)
{
	atomic_store(&http->lost, true);
}

void aet_http_init(struct aet_http *http)
{
	*http = (struct aet_http){0};
}

/* "HTTP/1.0" or "HTTP/1.1" at the end of the line; false: neither. */
static bool read_version(const char *at, bool *ret_old)
{
	*ret_old = at[7] == '0';
	return __builtin_memcmp(at, "HTTP/1.1", 8) == 0 || __builtin_memcmp(at, "HTTP/1.0", 8) == 0;
}

/* The length of the method; 0 if no space follows it, or it is too long. */
static size_t method_of(const struct aet_text *line)
{
	size_t length = 0;

	if (aet_four(line->at) == aet_four("GET "))
		return 3;
	while (length < line->length && (unsigned char)(line->at[length] - 'A') < 26)
		length++;
	if (length > AET_HTTP_METHOD || length == line->length || line->at[length] != ' ')
		return 0;
	return length;
}

/* "GET /path HTTP/1.1". The middle of a long line is not checked. */
static bool first_line_of_request(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line)
{
	uint32_t number = atomic_load(&http->asked);
	uint64_t bit = 1ull << number % AET_HTTP_PIPELINE;
	bool old = false;
	size_t method;
	bool head;

	if (line->length < sizeof("A / HTTP/1.1") - 1)
		return false;
	method = method_of(line);
	if (method == 0 || line->length < method + sizeof(" / HTTP/1.1") - 1 ||
		line->at[line->length - 9] != ' ' ||
		!read_version(line->at + line->length - 8, &old))
		return false;
	side->old = side->old || old; /* one HTTP/1.0 request marks the whole connection */
	if ((method == 7 && AET_BEGINS(line, "connect")) ||
		(method == 3 && AET_BEGINS(line, "pri ")))
		return false;
	if (number - atomic_load(&http->answered) >= AET_HTTP_PIPELINE)
		return false;
	head = method == 4 && AET_BEGINS(line, "head");
	if (head)
		atomic_fetch_or(&http->heads, bit);
	else
		atomic_fetch_and(&http->heads, ~bit);
	return true;
}

/* "HTTP/1.1 200 OK", the answer to a request that was read. */
static bool first_line_of_answer(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line)
{
	const char *at = line->at;

	if (line->length < sizeof("HTTP/1.1 200") - 1 || !read_version(at, &side->old) ||
		at[8] != ' ' || !aet_is_digit(at[9]) || !aet_is_digit(at[10]) ||
		!aet_is_digit(at[11]) || (line->length > 12 && at[12] != ' '))
		return false;
	side->status = (uint16_t)((at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0'));
	return side->status >= 100 && atomic_load(&http->asked) != atomic_load(&http->answered);
}

/* The message is complete: the next one may begin. */
static void finish(struct aet_http *http, struct aet_http_side *side)
{
	side->phase = AET_HTTP_START;
	if (side == &http->request)
		atomic_fetch_add(&http->read, 1);
	else
		atomic_fetch_add(&http->answered, 1);
}

static void begin_body(struct aet_http *http, struct aet_http_side *side)
{
	if (side->chunked) {
		side->phase = AET_HTTP_CHUNK_SIZE;
	} else if (side->sized && side->left > 0) {
		side->phase = AET_HTTP_BODY;
	} else {
		finish(http, side);
	}
}

static void end_head_of_request(struct aet_http *http, struct aet_http_side *side)
{
	/* The server closes after its answer. end_head_of_answer() handles HTTP/1.0. */
	if (side->close)
		atomic_store(&http->closing, true);
	atomic_fetch_add(&http->asked, 1);
	begin_body(http, side);
}

/* A client with Expect that gets a final answer before its body may send the body or not. */
static bool is_body_in_doubt(const struct aet_http *http, uint32_t number)
{
	return http->request.expects && !http->answer.continued &&
		http->request.phase != AET_HTTP_START && atomic_load(&http->asked) == number + 1;
}

static void end_head_of_answer(struct aet_http *http, struct aet_http_side *side)
{
	uint32_t number = atomic_load(&http->answered);
	bool head = atomic_load(&http->heads) >> number % AET_HTTP_PIPELINE & 1;
	bool old = side->old || http->request.old;
	bool empty = side->status < 200 || side->status == 204;

	if (side->status == 101 || (empty && (side->chunked || side->left > 0)) ||
		(side->status >= 200 && is_body_in_doubt(http, number))) {
		lose(http);
		return;
	}
	if (side->status < 200) { /* the final answer is still to come */
		side->continued = side->continued || side->status == 100;
		side->phase = AET_HTTP_START;
		return;
	}
	side->continued = false;
	if (side->close || (old && !side->keep_alive))
		atomic_store(&http->closing, true);
	if (head || empty || side->status == 304) {
		finish(http, side);
		return;
	}
	if (!side->chunked && !side->sized) { /* it ends with the connection */
		lose(http);
		return;
	}
	begin_body(http, side);
}

static void begin_message(struct aet_http_side *side)
{
	side->phase = AET_HTTP_FIRST;
	side->chunked = side->sized = side->close = side->keep_alive = side->expects = false;
	side->ties = side->upgrades = false;
	side->left = 0;
}

static void take_first_line(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line)
{
	bool fits = side == &http->request ? first_line_of_request(http, side, line)
					   : first_line_of_answer(http, side, line);

	if (!fits)
		lose(http);
	side->phase = AET_HTTP_HEADER;
}

static void end_head(struct aet_http *http, struct aet_http_side *side)
{
	if (side->ties || (side == &http->answer && side->upgrades))
		atomic_store(&http->tied, true);
	/* HTTP/1.0 has no chunks: a peer that speaks it may not look for them. */
	if (side->chunked && (side->sized || side->old || http->request.old))
		lose(http);
	else if (side == &http->request)
		end_head_of_request(http, side);
	else
		end_head_of_answer(http, side);
}

static void take_header(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line, bool whole)
{
	if (line->length == 0)
		end_head(http, side);
	else if (!aet_field_read(side, line, whole))
		lose(http);
}

/* Takes the header lines that lie whole in this piece, as nearly all do. */
static void take_headers(struct aet_http *http, struct aet_http_side *side, struct aet_text *input)
{
	switch (aet_fields_take(side, input)) {
	case AET_FIELDS_END:
		end_head(http, side);
		break;
	case AET_FIELDS_BAD:
		lose(http);
		break;
	default: /* take_lines() takes the next one */
		break;
	}
}

/* "1f" or "1f;extension", in hexadecimal. */
static void take_chunk_size(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line)
{
	uint64_t size = 0;
	size_t i = 0;

	for (; i < line->length && i < 15; i++) {
		char c = line->at[i];
		char lower = (char)(c | 0x20);

		if (aet_is_digit(c))
			size = size << 4 | (uint64_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			size = size << 4 | (uint64_t)(lower - 'a' + 10);
		else
			break;
	}
	if (i == 0 || (i < line->length && line->at[i] != ';')) {
		lose(http);
		return;
	}
	side->left = size;
	side->phase = size > 0 ? AET_HTTP_CHUNK : AET_HTTP_TRAILER;
}

/* count bytes of a body or a chunk have passed. */
static void advance(struct aet_http *http, struct aet_http_side *side, uint64_t count)
{
	side->left -= count;
	if (side->left > 0)
		return;
	if (side->phase == AET_HTTP_BODY)
		finish(http, side);
	else
		side->phase = AET_HTTP_CHUNK_END;
}

static void skip(struct aet_http *http, struct aet_http_side *side, struct aet_text *input)
{
	size_t part = input->length < side->left ? input->length : (size_t)side->left;

	input->at += part;
	input->length -= part;
	advance(http, side, part);
}

static void take_trailer(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line)
{
	size_t name = aet_line_name(line);

	if (line->length == 0)
		finish(http, side);
	else if (name == 0 || aet_field_is_framing(line, name)) /* some parsers read it here, too */
		lose(http);
}

static void take_line(
	struct aet_http *http, struct aet_http_side *side, const struct aet_text *line, bool whole)
{
	switch (side->phase) {
	case AET_HTTP_FIRST:
		take_first_line(http, side, line);
		break;
	case AET_HTTP_HEADER:
		take_header(http, side, line, whole);
		break;
	case AET_HTTP_CHUNK_SIZE:
		take_chunk_size(http, side, line);
		break;
	case AET_HTTP_CHUNK_END:
		if (line->length > 0)
			lose(http);
		side->phase = AET_HTTP_CHUNK_SIZE;
		break;
	default: /* AET_HTTP_TRAILER */
		take_trailer(http, side, line);
		break;
	}
}

/* Takes one line, whole or in pieces, and the whole header lines that follow it in this piece. */
static void take_lines(struct aet_http *http, struct aet_http_side *side, struct aet_text *input)
{
	struct aet_text line;
	enum aet_line kind = aet_line_take(side, input, &line);

	if (kind == AET_LINE_CUT)
		return;
	if (kind == AET_LINE_BAD) {
		lose(http);
		return;
	}
	take_line(http, side, &line, kind == AET_LINE_WHOLE);
	if (side->phase == AET_HTTP_HEADER && !atomic_load(&http->lost))
		take_headers(http, side, input);
}

static inline void feed(
	struct aet_http *http, struct aet_http_side *side, const void *bytes, size_t length)
{
	struct aet_text input = {bytes, length};

	while (input.length > 0 && !atomic_load_explicit(&http->lost, memory_order_relaxed)) {
		if (side->phase == AET_HTTP_BODY || side->phase == AET_HTTP_CHUNK) {
			skip(http, side, &input);
			continue;
		}
		if (side->phase == AET_HTTP_START)
			begin_message(side);
		take_lines(http, side, &input);
	}
}

void aet_http_request(struct aet_http *http, const void *bytes, size_t length)
{
	feed(http, &http->request, bytes, length);
}

void aet_http_answer(struct aet_http *http, const void *bytes, size_t length)
{
	feed(http, &http->answer, bytes, length);
}

void aet_http_answer_unseen(struct aet_http *http, uint64_t length)
{
	struct aet_http_side *side = &http->answer;

	if (atomic_load(&http->lost))
		return;
	if ((side->phase != AET_HTTP_BODY && side->phase != AET_HTTP_CHUNK) ||
		length > side->left) {
		lose(http);
		return;
	}
	advance(http, side, length);
}
