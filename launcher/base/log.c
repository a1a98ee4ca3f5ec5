#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static bool is_verbose;
static enum aet_log_format output;

void aet_log_setup(bool verbose, enum aet_log_format format)
{
	is_verbose = verbose;
	output = format;
}

/* Writes text as the inside of a JSON string; control characters become \u00XX. */
static size_t escape(char *to, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 7 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			to[used++] = '\\';
			to[used++] = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			used += (size_t)snprintf(to + used, size - used, "\\u%04x", c);
		} else {
			to[used++] = (char)c;
		}
	}
	to[used] = '\0';
	return used;
}

static int format_json(char *line, size_t size, enum aet_log_level level, const char *text)
{
	char escaped[AET_LOG_LINE_MAX];
	struct timespec now;
	struct tm utc;
	char stamp[32];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	(void)escape(escaped, sizeof(escaped), text);
	return snprintf(line, size,
		"{\"time\": \"%s.%03ldZ\", \"level\": \"%s\", \"pid\": %d, \"message\": \"%s\"}\n",
		stamp, now.tv_nsec / 1000000, level_names[level], (int)getpid(), escaped);
}

void aet_log(enum aet_log_level level, const char *format, ...)
{
	char text[AET_LOG_LINE_MAX];
	char line[AET_LOG_LINE_MAX + 256];
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	va_list args;
	int length;

	if (level == AET_LOG_DEBUG && !is_verbose)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	if (output == AET_LOG_JSON)
		length = format_json(line, sizeof(line), level, text);
	else if (level == AET_LOG_INFO)
		length = snprintf(line, sizeof(line), "aeterna: %s\n", text);
	else
		length =
			snprintf(line, sizeof(line), "aeterna: %s: %s\n", level_names[level], text);
	if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT))
		(void)!write(STDERR_FILENO, line, (size_t)length);
}
