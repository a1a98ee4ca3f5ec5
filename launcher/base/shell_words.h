/*
 * The words of a shell's command line, as far as one can know them without being the shell.
 */
#ifndef AET_SHELL_WORDS_H
#define AET_SHELL_WORDS_H

#include <stddef.h>

/*
 * Splits the last command of line that is a program's: after ";", "&&", "||" and lines, past exit,
 * cd and the like. Writes the words to text, and pointers to them and a NULL to ret_argv, which has
 * room for max and the NULL. Returns their number; 0: the line is more than such a list.
 */
size_t aet_shell_words(const char *line, char *text, size_t size, size_t *ret_used,
	const char **ret_argv, size_t max);

#endif
