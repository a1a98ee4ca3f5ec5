#include "process/process_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text_file.h"

const char *aet_process_name(pid_t pid, char ret_name[AET_PROCESS_NAME])
{
	char path[32];
	char text[AET_PROCESS_NAME - 2];
	size_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	length = aet_text_file_read(path, text, sizeof(text));
	while (length > 0 && text[length - 1] == '\0')
		length--;
	for (size_t i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = ' ';
	(void)snprintf(ret_name, AET_PROCESS_NAME, "%.*s", (int)length, text);
	if (length > 0)
		return ret_name;
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	length = aet_text_file_read(path, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	(void)snprintf(ret_name, AET_PROCESS_NAME, length > 0 ? "[%s]" : "?", text);
	return ret_name;
}
