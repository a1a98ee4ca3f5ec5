#include "config/config_place.h"

#include <stdio.h>
#include <string.h>

#include "base/text_file.h"
#include "config/config.h"

/* The first place in a text where the entry stands, after the key. */
static const char *find(const char *text, const char *entry)
{
	const char *key = strstr(text, "state:");

	return key ? strstr(key, entry) : NULL;
}

const char *aet_config_place(
	const struct aet_config *config, const char *entry, char *buf, size_t size)
{
	static char text[65536];
	const char *found = NULL;
	int line = 1;
	int column = 1;

	(void)snprintf(buf, size, "%s", config->path);
	if (config->has_file && aet_text_file_read(config->path, text, sizeof(text)) > 0)
		found = find(text, entry);
	for (const char *c = text; found && c < found; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	if (found)
		(void)snprintf(buf, size, "%s:%d:%d", config->path, line, column);
	return buf;
}
