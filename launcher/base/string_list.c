#include "base/string_list.h"

#include <stdlib.h>
#include <string.h>

char **aet_strings_copy(char *const *strings)
{
	size_t count = 0;
	char **copy;

	while (strings[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = strdup(strings[i]);
		if (!copy[i]) {
			aet_strings_free(copy);
			return NULL;
		}
	}
	return copy;
}

void aet_strings_free(char **strings)
{
	for (char **s = strings; s && *s; s++)
		free(*s);
	free(strings);
}
