#include "base/text_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"

size_t aet_text_file_read(const char *path, char *ret_text, size_t size)
{
	AET_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;

	while (fd >= 0 && length < size - 1 &&
		(got = read(fd, ret_text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	ret_text[length] = '\0';
	return length;
}

bool aet_text_number(const char *text, const char *name, uint64_t *ret_number)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, name, length) == 0) {
			*ret_number = strtoull(line + length, NULL, 10);
			return true;
		}
	}
	return false;
}
