#include "listeners/own_name.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TELLING_PID 100 /* smaller ones stand in names for other reasons */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that begins at text, cut where no pid is as large; *ret_end is behind its digits. */
static long read_number(const char *text, const char **ret_end)
{
	long number = 0;

	for (; is_digit(*text); text++)
		if (number <= 1L << 22) /* PID_MAX_LIMIT, proc_sys_kernel(5) */
			number = number * 10 + (*text - '0');
	*ret_end = text;
	return number;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Not behind a dot: names are made that way which are changed before anybody uses them. */
static bool tells_a_pid(const char *start, const char *at, const char *end, int pid)
{
	if (at - start >= 3 && at[-3] == 'p' && at[-2] == 'i' && at[-1] == 'd')
		return true;
	return pid >= TELLING_PID && !is_letter(*end) &&
		(at == start || at[-1] == '-' || at[-1] == '_');
}

static const char *last_part(const char *path)
{
	const char *part = path;

	for (; *path; path++)
		if (*path == '/')
			part = path + 1;
	return part;
}

bool aet_is_own_name(const struct aet_address *address, int pid)
{
	const char *start;
	const char *end;

	if (address->family != AF_UNIX) /* the bytes behind a path are zero, common/address.c */
		return false;
	start = ((const struct sockaddr_un *)(const void *)address->bytes)->sun_path;
	start = last_part(*start ? start : start + 1); /* an abstract name begins with a NUL */
	for (const char *at = start; *at; at = end) {
		end = at + 1;
		if (is_digit(*at) && read_number(at, &end) == pid &&
			tells_a_pid(start, at, end, pid))
			return true;
	}
	return false;
}
