/*
 * Commands that run other commands: env, nice, tini, gosu, sh -c "exec ...", uv run. Follows the
 * words to the program that runs in the end, without looking at any file.
 */
#ifndef AET_WRAPPER_H
#define AET_WRAPPER_H

#include <stdbool.h>
#include <stddef.h>

#define AET_WRAPPER_WORDS 64
#define AET_WRAPPER_TEXT  4096

struct aet_wrapped {
	const char *argv[AET_WRAPPER_WORDS + 1]; /* the last command that could be followed to */
	unsigned depth; /* how many wrappers stand before it */
	const char *clears; /* the wrapper that takes the environment away: "env -i"; NULL */
	const char *replaces; /* the wrapper that sets LD_PRELOAD anew; NULL */
	const char *path; /* PATH as a wrapper sets it; NULL */
	const char *places; /* directories beside PATH in which a wrapper looks first; NULL */
	bool is_guess; /* a shell or a tool may run something else first, or in its place */
	bool begins_session; /* setsid(1) runs in the place of the first process */
	bool is_exclusive; /* flock(1): it cannot run twice */
	char text[AET_WRAPPER_TEXT]; /* the words of shells' strings */
	size_t used; /* of it */
};

/* Follows command as far as possible. Texts of command must outlive *ret_wrapped. */
void aet_wrapper_follow(char *const *command, struct aet_wrapped *ret_wrapped);

/* The last part of a path. */
const char *aet_wrapper_base(const char *path);

/* base is name; with a '*' at the end of name: begins as it does. */
bool aet_wrapper_is_named(const char *base, const char *name);

#endif
