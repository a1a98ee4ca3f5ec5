/*
 * What a program wrote last to standard error, as far as one can know it: where that is a file, it can
 * be read back. Nobody stands between a program and its standard error.
 */
#ifndef AET_LAST_WORDS_H
#define AET_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* A program starts: what is in the file now is not its own. */
void aet_last_words_begin(void);

/* Writes the last line since then that looks like an error, or the last line of a few; false: there
 * is none. Other processes write to the same file: it is a hint for people. */
bool aet_last_words_read(char *ret_line, size_t size);

/* The same for text, which it changes. NULL: none. */
const char *aet_last_words_find(char *text);

/* The line is about a lock, a PID file, or an address in use. */
bool aet_last_words_tell_of_lock(const char *line);

#endif
