/*
 * aeterna-floor BYTES REPEATS: what this machine takes at least for so many bytes, in one thread:
 * memory that is fresh, in huge pages where there are any; a memcpy between two touched buffers, and
 * a CRC-32C of one of them. One JSON object on standard output with every repetition in milliseconds
 * (fresh memory: once, as it is not fresh any more). An ordinary program: it shares no code with what
 * it is the floor of.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MOST_REPEATS 1000
#define HUGE         ((size_t)2 << 20)
#define PAGE         4096

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/*
 * Three streams side by side, because the instruction takes three cycles and one starts in each; the
 * sums of the parts are left as they are, which is less work than a checksum of the whole.
 */
__attribute__((target("sse4.2"))) static uint32_t checksum(const unsigned char *from, size_t len)
{
	size_t words = len / 24;
	const unsigned char *second = from + words * 8;
	const unsigned char *third = second + words * 8;
	uint64_t a = UINT32_MAX;
	uint64_t b = UINT32_MAX;
	uint64_t c = UINT32_MAX;

	for (size_t at = 0; at < words * 8; at += 8) {
		uint64_t word[3];

		memcpy(&word[0], from + at, 8);
		memcpy(&word[1], second + at, 8);
		memcpy(&word[2], third + at, 8);
		a = __builtin_ia32_crc32di(a, word[0]);
		b = __builtin_ia32_crc32di(b, word[1]);
		c = __builtin_ia32_crc32di(c, word[2]);
	}
	for (size_t at = words * 24; at < len; at++)
		a = __builtin_ia32_crc32qi((uint32_t)a, from[at]);
	return (uint32_t)(a ^ b ^ c);
}

/* Memory where a huge page can begin, each page written once; NULL: there is none. */
static unsigned char *take_fresh(size_t bytes, double *ret_ms)
{
	double begin = now_ms();
	unsigned char *room = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned char *at;

	if (room == MAP_FAILED)
		return NULL;
	at = (unsigned char *)(((uintptr_t)room + HUGE - 1) & ~(HUGE - 1));
	(void)madvise(at, bytes, MADV_HUGEPAGE);
	for (size_t done = 0; done < bytes; done += PAGE)
		at[done] = 1;
	*ret_ms = now_ms() - begin;
	return at;
}

static void print_times(const char *name, const double *times, size_t count, const char *end)
{
	printf("\"%s\": [", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%.6f", i ? ", " : "", times[i]);
	printf("]%s", end);
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	size_t repeats = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	static double copies[MOST_REPEATS];
	static double checks[MOST_REPEATS];
	volatile uint32_t sum = 0;
	double fresh = 0;
	unsigned char *from;
	unsigned char *to;

	if (!bytes || !repeats || repeats > MOST_REPEATS) {
		fprintf(stderr, "usage: aeterna-floor BYTES REPEATS\n");
		return 64;
	}
	from = take_fresh(bytes, &fresh);
	to = malloc(bytes);
	if (!from || !to) {
		fprintf(stderr, "aeterna-floor: no memory for twice %zu bytes\n", bytes);
		return 1;
	}
	memset(from, 0x5a, bytes);
	memset(to, 0xa5, bytes);
	for (size_t i = 0; i < repeats; i++) {
		double begin = now_ms();

		from[i % bytes]++; /* or it would be the same copy again */
		memcpy(to, from, bytes);
		__asm__ volatile("" : : "r"(to) : "memory");
		copies[i] = now_ms() - begin;
		begin = now_ms();
		sum ^= checksum(to, bytes);
		checks[i] = now_ms() - begin;
	}
	printf("{\"bytes\": %zu, ", bytes);
	print_times("fresh_ms", &fresh, 1, ", ");
	print_times("memcpy_ms", copies, repeats, ", ");
	print_times("checksum_ms", checks, repeats, "}\n");
	free(to);
	return 0;
}
