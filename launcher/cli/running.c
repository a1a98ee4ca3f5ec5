#include "cli/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "fd.h"
#include "msgio.h"

static char *read_all(int fd)
{
	struct stat info;
	char *text;

	if (fstat(fd, &info) < 0 || info.st_size < 0)
		return NULL;
	text = calloc(1, (size_t)info.st_size + 1);
	if (text && pread(fd, text, (size_t)info.st_size, 0) != info.st_size)
		text[0] = '\0';
	return text;
}

void aet_running_ask(const struct aet_options *options, struct aet_running *ret)
{
	struct aet_command command = {.flags = options->json ? AET_COMMAND_JSON : 0};
	AET_CLOSE int fd = aet_command_dial(options);
	struct aet_message message = {.length = 0};
	const struct aet_command_reply *reply = NULL;

	*ret = (struct aet_running){0};
	if (fd < 0)
		return;
	aet_header_init(&command.header, AET_MSG_DESCRIBE, 1, 0);
	(void)aet_message_send(fd, &command, sizeof(command), NULL, 0, 0);
	if (aet_message_receive(fd, &message, 0) > 0 && message.header.error == 0)
		reply = AET_MESSAGE_BODY(&message, message.header.type, aet_command_reply);
	if (reply) {
		ret->exit_code = reply->exit_code;
		(void)snprintf(ret->problem, sizeof(ret->problem), "%.*s", (int)sizeof(reply->text),
			reply->text);
		ret->text = message.fd_count > 0 ? read_all(message.fds[0]) : NULL;
		if (ret->text && options->json)
			ret->text[strcspn(ret->text, "\n")] = '\0'; /* it becomes part of a line */
	}
	aet_message_drop(&message);
}

void aet_running_free(struct aet_running *running)
{
	free(running->text);
	*running = (struct aet_running){0};
}
