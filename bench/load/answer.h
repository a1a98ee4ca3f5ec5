/*
 * What came back. One function a protocol looks at all bytes received so far and says whether the
 * answer is complete; nothing is remembered between two calls.
 */
#ifndef AET_LOAD_ANSWER_H
#define AET_LOAD_ANSWER_H

#include "target.h"

enum aet_answer_state {
	AET_ANSWER_MORE, /* not complete yet */
	AET_ANSWER_DONE,
	AET_ANSWER_BAD, /* will never be an answer; 'why' says so */
};

struct aet_answer {
	char *body; /* points into the buffer parsed, valid as long as that is */
	size_t body_len;
	bool last; /* the server announced that it closes the connection */
	char why[96];
};

/* 'eof': nothing will follow. May rearrange the bytes of a complete answer. */
enum aet_answer_state aet_answer_parse(const struct aet_target *target, char *buf, size_t len,
	bool eof, struct aet_answer *answer);

enum aet_answer_state aet_answer_parse_http(
	char *buf, size_t len, bool eof, struct aet_answer *answer);

#endif
