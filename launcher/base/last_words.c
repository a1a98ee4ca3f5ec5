#include "base/last_words.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "util.h"

#define TAIL      8192 /* bytes to look at */
#define FEW_BYTES 2048 /* of which the last line is the program's, whatever it says */

static off_t began;

static off_t size_now(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
}

void aet_last_words_begin(void)
{
	began = size_now();
}

static bool has_any(const char *line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

static bool is_error(const char *line)
{
	static const char *const words[] = {"error", "exception", "fatal", "panic", "cannot",
		"can't", "could not", "failed", "failure", "already", "denied", "no such",
		"not found", "invalid", "unable", "refused", "undefined", "abort", "in use"};

	return has_any(line, words, AET_ARRAY_SIZE(words));
}

bool aet_last_words_tell_of_lock(const char *line)
{
	static const char *const words[] = {"already running", "pid file", "pidfile", ".pid",
		"lock", "already in use", "in use", "another instance", "another process",
		"temporarily unavailable", "already started"};

	return has_any(line, words, AET_ARRAY_SIZE(words));
}

static bool is_ours(const char *line)
{
	return strncmp(line, "aeterna: ", 9) == 0 || strncmp(line, "{\"time\": \"", 10) == 0;
}

const char *aet_last_words_find(char *text)
{
	bool is_few = strlen(text) < FEW_BYTES;
	const char *last = NULL;
	const char *error = NULL;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\r\n", &rest); line;
		line = strtok_r(NULL, "\r\n", &rest)) {
		if (line[strspn(line, " \t^~")] == '\0' || is_ours(line))
			continue;
		last = line;
		if (is_error(line))
			error = line;
	}
	return error ? error : is_few ? last : NULL;
}

bool aet_last_words_read(char *ret_line, size_t size)
{
	off_t now = size_now();
	off_t from = began < 0 || began > now ? 0 : began; /* it may have been cut meanwhile */
	AET_CLOSE int fd =
		now > 0 ? open("/proc/self/fd/2", O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	static char text[TAIL];
	const char *line;
	ssize_t got;

	if (fd < 0 || began < 0)
		return false;
	from = AET_MAX(from, now - (off_t)sizeof(text) + 1);
	got = pread(fd, text, sizeof(text) - 1, from);
	if (got <= 0)
		return false;
	text[got] = '\0';
	for (ssize_t i = 0; i < got; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	line = aet_last_words_find(text);
	if (!line)
		return false;
	line += strspn(line, " \t");
	(void)snprintf(ret_line, size, "%s", line);
	return true;
}
