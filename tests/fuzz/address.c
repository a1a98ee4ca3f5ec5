/*
 * Addresses: as people write them, and as sockaddrs come from a program. What parses has a canonical
 * text that parses to the very same address; a sockaddr of any length is taken or refused.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "address_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	struct aet_address address = {0};
	struct aet_address again = {0};
	const char *why = NULL;
	char first[AET_ADDRESS_TEXT];
	char second[AET_ADDRESS_TEXT];

	if (aet_address_parse(text, &address, &why) < 0) {
		if (!why)
			abort();
		return;
	}
	(void)aet_address_format(&address, first, sizeof(first));
	if (strchr(first, '?')) /* bytes that are not printable have no text of their own */
		return;
	if (aet_address_parse(first, &again, &why) < 0 || again.family != address.family ||
		again.type != address.type || again.length != address.length ||
		memcmp(again.bytes, address.bytes, address.length) != 0)
		abort();
	if (strcmp(aet_address_format(&again, second, sizeof(second)), first) != 0)
		abort();
}

static void check_sockaddr(const uint8_t *data, size_t size)
{
	struct aet_address address = {0};
	struct sockaddr *exact = malloc(size ? size : 1); /* so that a byte too many is noticed */
	char text[AET_ADDRESS_TEXT];
	char brief[8];

	if (!exact)
		return;
	memcpy(exact, data, size);
	if (size >= sizeof(exact->sa_family) &&
		aet_address_from_sockaddr(exact, (socklen_t)size, SOCK_STREAM, &address) == 0) {
		(void)aet_address_format(&address, text, sizeof(text));
		(void)aet_address_format(&address, brief, sizeof(brief));
		(void)aet_address_port(&address);
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_text(text);
	free(text);
	check_sockaddr(data, size);
	return 0;
}
