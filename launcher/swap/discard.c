#include "swap/discard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES_MAX 65536

struct discard {
	bool all;
	char *names; /* owned, one a line; NULL: none */
};

static struct discard requested; /* for the swap that begins next */
static struct discard now;

static void clear(struct discard *discard)
{
	free(discard->names);
	*discard = (struct discard){0};
}

static void add_names(const char *names)
{
	size_t before = requested.names ? strlen(requested.names) : 0;
	char *grown = realloc(requested.names, before + strlen(names) + 2);

	if (!grown)
		return; /* what it wants to lose is kept: the swap says so */
	requested.names = grown;
	(void)snprintf(grown + before, strlen(names) + 2, "%s%s", names,
		*names && names[strlen(names) - 1] == '\n' ? "" : "\n");
}

void aet_discard_request(int fd)
{
	char *text;
	ssize_t got;

	if (fd < 0) {
		requested.all = true;
		return;
	}
	text = calloc(1, BYTES_MAX + 1);
	got = text ? pread(fd, text, BYTES_MAX, 0) : -1;
	if (got > 0)
		add_names(text);
	free(text);
}

void aet_discard_begin(void)
{
	clear(&now);
	now = requested;
	requested = (struct discard){0};
}

void aet_discard_repeat(void)
{
	requested.all |= now.all;
	if (now.names)
		add_names(now.names);
}

bool aet_discard_is_all(void)
{
	return now.all;
}

bool aet_discard_is_any(void)
{
	return now.all || now.names;
}

void aet_discard_write(FILE *out)
{
	if (now.all)
		(void)fprintf(out, "discard\n");
	for (const char *name = now.names; name && *name;) {
		size_t length = strcspn(name, "\n");

		if (length > 0)
			(void)fprintf(out, "discard %.*s\n", (int)length, name);
		name += length + (name[length] == '\n');
	}
}

void aet_discard_describe(char *ret_text, size_t size)
{
	if (now.all || !now.names) {
		(void)snprintf(ret_text, size, "%s", now.all ? "all state" : "");
		return;
	}
	(void)snprintf(ret_text, size, "%.*s", (int)strlen(now.names) - 1, now.names);
	for (char *c = ret_text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = *c == '\n' ? ' ' : '?';
}
