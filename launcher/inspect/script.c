/*
 * Reads "#!" as the kernel does (execve(2), "Interpreter scripts"), and env's line as env(1) does
 * as far as people use it: options, -S, and assignments before the program.
 */
#include "inspect/script.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char blanks[] = " \t";

static bool is_env(const char *interpreter)
{
	const char *base = strrchr(interpreter, '/') ? strrchr(interpreter, '/') + 1 : interpreter;

	return strcmp(base, "env") == 0;
}

/* The first word that is neither an option nor an assignment; -u and -C take the next one. */
static void find_env_program(const char *words, char *ret_program, size_t size)
{
	while (*words) {
		size_t n = strcspn(words, blanks);
		bool takes_next = n == 2 && (words[1] == 'u' || words[1] == 'C');

		if (*words != '-' && !memchr(words, '=', n)) {
			(void)snprintf(ret_program, size, "%.*s", (int)n, words);
			return;
		}
		if (*words == '-' && n > 2 && words[1] == 'S') {
			words += 2; /* -Spython3 */
			continue;
		}
		takes_next = takes_next && *words == '-';
		words += n;
		words += strspn(words, blanks);
		if (takes_next) {
			words += strcspn(words, blanks);
			words += strspn(words, blanks);
		}
	}
}

int aet_script_read(int fd, struct aet_script *ret_script)
{
	char line[AET_SCRIPT_LINE_MAX];
	struct aet_script script = {.env_program = ""};
	char *p = line + 2;
	ssize_t n;
	size_t length;

	do {
		n = pread(fd, line, sizeof(line) - 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return -ENOEXEC;

	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	p += strspn(p, blanks);
	length = strcspn(p, blanks);
	if (length == 0)
		return -ENOEXEC;
	(void)snprintf(script.interpreter, sizeof(script.interpreter), "%.*s", (int)length, p);
	p += length;
	p += strspn(p, blanks);
	if (is_env(script.interpreter))
		find_env_program(p, script.env_program, sizeof(script.env_program));
	*ret_script = script;
	return 0;
}
