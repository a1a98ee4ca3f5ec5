#include "control/control_name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text_file.h"

#define PLAIN_MAX 70 /* bytes of a path that stands in a name as it is */
#define MARK      12 /* hexadecimal digits */

/* FNV-1a. */
static uint64_t hash_on(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 1099511628211u;
	return hash;
}

static uint64_t hash_of(const void *data, size_t length)
{
	return hash_on(14695981039346656037u, data, length);
}

/* "pid:[4026531836]"; "" where it may not be read. */
static void read_namespace(const char *pid, char *ret_text, size_t size)
{
	char path[64];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/pid", pid);
	length = readlink(path, ret_text, size - 1);
	ret_text[length > 0 ? length : 0] = '\0';
}

/* With leading zeros: MARK digits. */
static void write_mark(char ret_mark[MARK + 1])
{
	char text[64];
	struct stat root = {0};
	uint64_t id[2];
	uint64_t hash;

	read_namespace("self", text, sizeof(text));
	(void)stat("/", &root);
	id[0] = root.st_dev;
	id[1] = root.st_ino;
	hash = hash_on(hash_of(text, strlen(text)), id, sizeof(id));
	(void)snprintf(ret_mark, MARK + 1, "%012llx", (unsigned long long)hash & 0xffffffffffff);
}

/* What stands behind the mark. */
static void write_rest(const char *config_path, char *ret_rest, size_t size)
{
	size_t length = strlen(config_path);

	if (length < PLAIN_MAX)
		(void)snprintf(ret_rest, size, "%s", config_path);
	else
		(void)snprintf(ret_rest, size, "/%016llx/%s",
			(unsigned long long)hash_of(config_path, length),
			config_path + length - 48);
}

void aet_control_name_by_path(const char *config_path, unsigned uid, char *ret_name, size_t size)
{
	char mark[MARK + 1];
	char rest[AET_CONTROL_NAME];

	write_mark(mark);
	write_rest(config_path, rest, sizeof(rest));
	(void)snprintf(ret_name, size, "aeterna/%u/%s%s", uid, mark, rest);
}

/* The last number of "NSpid:" in proc(5) is the one in its own namespace. */
static long own_number(const char *pid)
{
	char path[64];
	char text[8192];
	char *line;
	long number = atol(pid);

	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	line = strstr(text, "\nNSpid:");
	for (char *at = line ? line + 7 : NULL, *end; at && *at && *at != '\n'; at = end) {
		long next = strtol(at, &end, 10);

		if (end == at)
			break;
		number = next;
		end += strspn(end, "\t ");
	}
	return number;
}

void aet_control_name_by_pid(int pid, char *ret_name, size_t size)
{
	char number[16];
	char text[64];

	(void)snprintf(number, sizeof(number), "%d", pid);
	read_namespace(number, text, sizeof(text));
	if (!text[0]) /* another user's: root alone may command it, and may read it */
		read_namespace("self", text, sizeof(text));
	(void)snprintf(ret_name, size, "aeterna/pid/%llx/%ld",
		(unsigned long long)hash_of(text, strlen(text)), own_number(number));
}

bool aet_control_name_is_for(const char *name, const char *config_path, unsigned *ret_uid)
{
	char rest[AET_CONTROL_NAME];
	int used = 0;

	write_rest(config_path, rest, sizeof(rest));
	return sscanf(name, "aeterna/%u/%n", ret_uid, &used) == 1 && used > 0 &&
		strlen(name + used) > MARK && strcmp(name + used + MARK, rest) == 0;
}

bool aet_control_name_is_beside(pid_t pid)
{
	char path[64];
	struct stat own;
	struct stat other;

	if (pid <= 0)
		return false; /* SO_PEERCRED of a process in a namespace that is not below this one */
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	return stat("/", &own) == 0 && stat(path, &other) == 0 && own.st_dev == other.st_dev &&
		own.st_ino == other.st_ino;
}
