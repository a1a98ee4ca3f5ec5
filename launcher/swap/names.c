#include "swap/names.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "fd.h"
#include "msgio.h"
#include "swap/discard.h"
#include "swap/swap.h"

static int write_names(int fd)
{
	const struct aet_config *config = aet_swap_config();
	int copy = dup(fd);
	FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;

	if (!out) {
		if (copy >= 0)
			(void)close(copy);
		return -ENOMEM;
	}
	for (char *const *name = config->state; name && *name; name++)
		(void)fprintf(out, "state %s\n", *name);
	for (char *const *name = config->exclude; name && *name; name++)
		(void)fprintf(out, "exclude %s\n", *name);
	if (aet_swap.goal == AET_GOAL_COMMIT || aet_swap.goal == AET_GOAL_REPLACE)
		aet_discard_write(out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

void aet_names_answer(int fd, const struct aet_message *request)
{
	struct aet_names_reply reply = {0};
	AET_CLOSE int file = aet_memory_file("aeterna-names");
	int result = file < 0 ? file : write_names(file);

	aet_header_init(&reply.header, AET_MSG_NAMES | AET_WIRE_REPLY, request->header.serial,
		result < 0 ? -result : 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), &file, result < 0 ? 0 : 1, MSG_DONTWAIT);
}
