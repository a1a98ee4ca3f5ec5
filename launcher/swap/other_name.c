#include "swap/other_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "listen/listener.h"

#define LEAST_DIGITS 3
#define LEAST_DRAWN  6 /* letters and digits, as mkdtemp(3) draws them */

struct word {
	const char *text;
	size_t length;
};

static struct word name_of(const struct aet_address *address)
{
	const struct sockaddr_un *un = (const void *)address->bytes;
	size_t length = address->length - offsetof(struct sockaddr_un, sun_path);

	if (un->sun_path[0] != '\0') /* a path may end in a NUL or not */
		length = strnlen(un->sun_path, length);
	return (struct word){un->sun_path, length};
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A number, or letters and digits mixed. */
static bool is_own(struct word word)
{
	size_t digits = 0;
	size_t capitals = 0;

	for (size_t i = 0; i < word.length; i++) {
		if (!is_of_word(word.text[i]))
			return false;
		digits += isdigit((unsigned char)word.text[i]) != 0;
		capitals += isupper((unsigned char)word.text[i]) != 0;
	}
	if (digits == word.length)
		return digits >= LEAST_DIGITS;
	return word.length >= LEAST_DRAWN && digits + capitals > 0;
}

bool aet_other_name_is(const struct aet_address *a, const struct aet_address *b)
{
	struct word one = name_of(a);
	struct word other = name_of(b);
	size_t before = 0;
	size_t behind = 0;

	while (before < one.length && before < other.length &&
		one.text[before] == other.text[before])
		before++;
	while (behind < one.length - before && behind < other.length - before &&
		one.text[one.length - behind - 1] == other.text[other.length - behind - 1])
		behind++;
	while (before > 0 && is_of_word(one.text[before - 1]))
		before--;
	while (behind > 0 && is_of_word(one.text[one.length - behind]))
		behind--;
	one = (struct word){one.text + before, one.length - before - behind};
	other = (struct word){other.text + before, other.length - before - behind};
	return one.length > 0 && is_own(one) && is_own(other) &&
		(one.length == other.length || isdigit((unsigned char)one.text[0]));
}

bool aet_other_name_mark(const struct aet_address *address, uint32_t generation)
{
	bool found = false;

	if (address->family != AF_UNIX)
		return false;
	AET_FOREACH_LISTENER(l) {
		if (l->address.family != AF_UNIX || l->configured || l->since >= generation ||
			l->adopted != l->since || !aet_other_name_is(&l->address, address))
			continue;
		if (l->privacy == AET_PRIVACY_NONE)
			l->privacy = AET_PRIVACY_OTHER_NAME;
		found = true;
	}
	return found;
}
