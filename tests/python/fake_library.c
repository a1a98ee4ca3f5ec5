/* Stands in for libaeterna_preload.so in the tests of the Python module: keeps the hooks it is given,
 * calls them when a test asks for it, and prints what is reported, one line each. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct aeterna_request {
	uint32_t size, step, mechanism;
	int32_t fd;
	uint64_t capacity, generation;
	uint8_t run_id[16];
	uint32_t fd_count;
	int32_t fds[28];
};

typedef int aeterna_hook(const struct aeterna_request *request);

static aeterna_hook *dump_hook, *load_hook;
static int attached;

int aeterna_attach(aeterna_hook *dump, aeterna_hook *load)
{
	dump_hook = dump;
	load_hook = load;
	attached++;
	return 0;
}

void aeterna_busy(int by)
{
	dprintf(1, "busy %+d\n", by);
}

int aeterna_report(int error, const char *reason, const char *text, const int *fds, uint32_t count)
{
	(void)fds;
	if (error == 0)
		dprintf(1, "done %u\n", count);
	else
		dprintf(1, "%s: %s\n", reason, text);
	return 0;
}

void aeterna_copy_checked(void *to, const void *from, uint64_t len, uint32_t *leaves)
{
	const unsigned char *byte = from;

	if (to)
		memcpy(to, from, len);
	for (uint64_t at = 0; leaves && at < len; leaves++) {
		uint64_t end = at + (1 << 20) < len ? at + (1 << 20) : len;
		uint64_t crc = 0xffffffff, word;

		for (; at + 8 <= end; at += 8) {
			memcpy(&word, byte + at, 8);
#ifdef __x86_64__
			__asm__("crc32q %1, %0" : "+r"(crc) : "rm"(word));
#else
			__asm__("crc32cx %w0, %w0, %1" : "+r"(crc) : "r"(word));
#endif
		}
		for (; at < end; at++) {
			crc ^= byte[at];
			for (int bit = 0; bit < 8; bit++)
				crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
		}
		*leaves = ~(uint32_t)crc;
	}
}

int fake_attached(void)
{
	return attached;
}

/* Returns the child's status for a dump in a child, and what the hook returned otherwise. */
int fake_call(struct aeterna_request *request, int dump)
{
	int status, result;

	request->size = sizeof(*request);
	request->step = dump ? 1 : 2;
	result = dump ? dump_hook(request) : load_hook(request);
	if (!dump || result <= 0)
		return result;
	return waitpid(result, &status, 0) == result ? status : -ECHILD;
}
