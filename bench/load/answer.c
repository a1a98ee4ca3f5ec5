/*
 * The answers of redis, memcached and UDP echo servers, and the choice between them and HTTP. The
 * body of a redis array is its last element; of memcached's statistics the value chosen by name.
 */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum aet_answer_state bad_line(struct aet_answer *answer, const char *buf)
{
	(void)snprintf(answer->why, sizeof(answer->why), "answer '%.60s'", buf);
	answer->why[strcspn(answer->why, "\r\n")] = '\0';
	return AET_ANSWER_BAD;
}

static enum aet_answer_state parse_redis(char *buf, size_t len, struct aet_answer *answer)
{
	char *limit = buf + len;
	long remaining = 1;
	char *at = buf;

	while (remaining-- > 0) {
		char *line_end = memmem(at, (size_t)(limit - at), "\r\n", 2);
		long number;

		if (!line_end)
			return AET_ANSWER_MORE;
		number = strtol(at + 1, NULL, 10);
		answer->body = at + 1;
		answer->body_len = (size_t)(line_end - at - 1);
		if (!strchr("+:*$", *at) || number > (1l << 30))
			return bad_line(answer, at);
		if (*at == '*' && number > 0)
			remaining += number;
		at = line_end + 2;
		if (answer->body[-1] != '$' || number < 0)
			continue;
		if (limit - at < number + 2)
			return AET_ANSWER_MORE;
		answer->body = at;
		answer->body_len = (size_t)number;
		at += number + 2;
	}
	return at == limit ? AET_ANSWER_DONE : bad_line(answer, at);
}

/* The value of 'STAT name value'; an empty body when there is no such line. */
static void select_stat(struct aet_answer *answer, char *buf, const char *name)
{
	char line[80];
	char *at;

	(void)snprintf(line, sizeof(line), "STAT %s ", name);
	at = strstr(buf, line);
	answer->body = at ? at + strlen(line) : buf;
	answer->body_len = at ? strcspn(answer->body, "\r") : 0;
}

static enum aet_answer_state parse_memcached(
	const struct aet_target *target, char *buf, size_t len, struct aet_answer *answer)
{
	char *line_end = memmem(buf, len, "\r\n", 2);

	if (!line_end)
		return AET_ANSWER_MORE;
	if (!strncmp(buf, "VERSION ", 8)) {
		answer->body = buf + 8;
		answer->body_len = (size_t)(line_end - answer->body);
		return line_end + 2 == buf + len ? AET_ANSWER_DONE : bad_line(answer, line_end + 2);
	}
	if (strncmp(buf, "STAT ", 5) && strncmp(buf, "VALUE ", 6) && strncmp(buf, "END", 3))
		return bad_line(answer, buf);
	if (memcmp(buf + len - 5, "END\r\n", 5))
		return AET_ANSWER_MORE;
	if (*target->select) {
		select_stat(answer, buf, target->select);
		return AET_ANSWER_DONE;
	}
	answer->body = line_end + 2;
	answer->body_len = strcspn(answer->body, "\r");
	return AET_ANSWER_DONE;
}

enum aet_answer_state aet_answer_parse(
	const struct aet_target *target, char *buf, size_t len, bool eof, struct aet_answer *answer)
{
	*answer = (struct aet_answer){.body = buf};
	if (!len)
		return AET_ANSWER_MORE;
	switch (target->protocol) {
	case AET_PROTOCOL_HTTP:
		return aet_answer_parse_http(buf, len, eof, answer);
	case AET_PROTOCOL_REDIS:
		return parse_redis(buf, len, answer);
	case AET_PROTOCOL_MEMCACHED:
		return parse_memcached(target, buf, len, answer);
	case AET_PROTOCOL_UDP:
		answer->body_len = len;
		return AET_ANSWER_DONE;
	}
	return AET_ANSWER_BAD;
}
