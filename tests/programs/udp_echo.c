/*
 * A UDP server with a blocking recvfrom() loop; it answers "VERSION PAYLOAD".
 */
#include "program_mode.h"

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)program_start(argc, argv)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		program_fail("bind");
	for (;;) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		char in[2048];
		char out[2200];
		ssize_t n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &from_len);
		int len;

		if (n < 0)
			continue;
		if (!strcmp(program_fault, "die_on_first_request"))
			return 1;
		len = snprintf(out, sizeof(out), "%s %.*s", program_version, (int)n, in);
		(void)sendto(fd, out, (size_t)len, 0, (struct sockaddr *)&from, from_len);
	}
}
