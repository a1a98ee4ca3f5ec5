#include "crc32c.h"

#include <cpuid.h>
#include <stdbool.h>

#include "aeterna/state.h"
#include "util.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */

/*
 * The instruction takes three cycles and a new one can begin in each: three streams run side by side
 * and are joined by carry-less shifts, which a table for one fixed distance does. Of a whole leaf each
 * stream has a third, so that the processor's prefetcher takes them for what they are; the short ones
 * are for what is smaller, and in the caches anyway.
 */
#define LANES 3
#define LONG  (AET_STATE_LEAF / LANES / LINE * LINE) /* bytes of a stream */
#define SHORT 1024
#define LINE  64 /* of the caches */
#define AHEAD 1024 /* of what is asked for before it is needed */

static uint32_t byte_table[256];
/* The CRC's state after so many zero bytes, by byte of it. */
static uint32_t long_shift[4][256];
static uint32_t short_shift[4][256];
static int is_prepared;
static bool has_instruction;

/* A shift is linear: of any state it is the sum of the shifts of its bits. */
static uint32_t shifted(const uint32_t bits[32], uint32_t crc)
{
	uint32_t sum = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		if (crc >> bit & 1)
			sum ^= bits[bit];
	return sum;
}

static void shift_all(const uint32_t by[32], uint32_t bits[32])
{
	for (unsigned bit = 0; bit < 32; bit++)
		bits[bit] = shifted(by, bits[bit]);
}

/* By the powers of two in the number of bytes. */
static void prepare_shift(uint32_t table[4][256], uint32_t zero_bytes)
{
	uint32_t power[32];
	uint32_t whole[32];

	for (unsigned bit = 0; bit < 32; bit++) {
		whole[bit] = 1u << bit;
		power[bit] = whole[bit] >> 8 ^ byte_table[whole[bit] & 0xff];
	}
	for (uint32_t left = zero_bytes; left > 0; left >>= 1) {
		uint32_t twice[32];

		if (left & 1)
			shift_all(power, whole);
		__builtin_memcpy(twice, power, sizeof(twice));
		shift_all(power, twice);
		__builtin_memcpy(power, twice, sizeof(power));
	}
	for (unsigned byte = 0; byte < 4; byte++)
		for (uint32_t i = 0; i < 256; i++)
			table[byte][i] = shifted(whole, i << (8 * byte));
}

/* Before there are threads that could do it at the same time. */
void aet_crc32c_prepare(void)
{
	uint32_t a;
	uint32_t b;
	uint32_t c = 0;
	uint32_t d;

	if (is_prepared)
		return;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		byte_table[i] = crc;
	}
	prepare_shift(long_shift, LONG);
	prepare_shift(short_shift, SHORT);
	has_instruction = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
	is_prepared = 1;
}

static inline uint32_t shift(uint32_t table[4][256], uint32_t crc)
{
	return table[0][crc & 0xff] ^ table[1][crc >> 8 & 0xff] ^ table[2][crc >> 16 & 0xff] ^
		table[3][crc >> 24];
}

static inline uint64_t load(const uint8_t *from)
{
	uint64_t word;

	__builtin_memcpy(&word, from, sizeof(word));
	return word;
}

static inline void store(uint8_t *to, uint64_t word)
{
	__builtin_memcpy(to, &word, sizeof(word));
}

static inline uint64_t step(uint64_t crc, uint64_t word)
{
	__asm__("crc32q %1, %0" : "+r"(crc) : "rm"(word));
	return crc;
}

static inline uint32_t step_byte(uint32_t crc, uint8_t byte)
{
	__asm__("crc32b %1, %0" : "+r"(crc) : "rm"(byte));
	return crc;
}

/* Past the caches: what is copied by megabytes is read by another process, and a store that goes
 * around them need not read the line first. */
static inline void stream(uint8_t *to, uint64_t word)
{
	__asm__ volatile("movnti %1, %0" : "=m"(*(uint64_t *)(void *)to) : "r"(word));
}

enum way { WAY_CHECK, WAY_STORE, WAY_STREAM };

static inline uint64_t one_word(enum way way, uint64_t crc, uint8_t *to, const uint8_t *from)
{
	uint64_t word = load(from);

	if (way == WAY_STORE)
		store(to, word);
	else if (way == WAY_STREAM)
		stream(to, word);
	return step(crc, word);
}

/* Three lanes of that length, and what follows from them; inlined for each way and length. */
__attribute__((always_inline)) static inline uint32_t block(enum way way, size_t length,
	uint32_t table[4][256], uint32_t crc, uint8_t *to, const uint8_t *from)
{
	uint64_t one = crc;
	uint64_t two = 0;
	uint64_t three = 0;

	for (size_t line = 0; line < length; line += LINE) {
		__builtin_prefetch(from + line + AHEAD);
		__builtin_prefetch(from + line + length + AHEAD);
		__builtin_prefetch(from + line + 2 * length + AHEAD);
		for (size_t i = line; i < line + LINE; i += 8) {
			one = one_word(way, one, to + i, from + i);
			two = one_word(way, two, to + length + i, from + length + i);
			three = one_word(way, three, to + 2 * length + i, from + 2 * length + i);
		}
	}
	return shift(table, shift(table, (uint32_t)one) ^ (uint32_t)two) ^ (uint32_t)three;
}

/* As many blocks as there are; the bytes they have. */
static size_t blocks(uint32_t *crc, uint8_t *to, const uint8_t *from, size_t length)
{
	size_t at = 0;

	if (length >= LANES * (size_t)LONG) {
		at = LANES * (size_t)LONG;
		if (!to)
			*crc = block(WAY_CHECK, LONG, long_shift, *crc, NULL, from);
		else if (((uintptr_t)to & 7) == 0)
			*crc = block(WAY_STREAM, LONG, long_shift, *crc, to, from);
		else
			*crc = block(WAY_STORE, LONG, long_shift, *crc, to, from);
		__builtin_ia32_sfence();
	}
	for (; length - at >= LANES * SHORT; at += LANES * SHORT)
		*crc = to ? block(WAY_STORE, SHORT, short_shift, *crc, to + at, from + at)
			  : block(WAY_CHECK, SHORT, short_shift, *crc, NULL, from + at);
	return at;
}

static uint32_t by_table(uint32_t crc, uint8_t *to, const uint8_t *from, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = from[i];

		crc = crc >> 8 ^ byte_table[(crc ^ byte) & 0xff];
		if (to)
			to[i] = byte;
	}
	return crc;
}

uint32_t aet_crc32c_copy(void *to, const void *from, size_t length)
{
	const uint8_t *in = from;
	uint8_t *out = to;
	uint32_t crc = ~0u;
	size_t at;

	aet_crc32c_prepare();
	if (!has_instruction)
		return ~by_table(crc, out, in, length);
	at = blocks(&crc, out, in, length);
	for (; length - at >= 8; at += 8) {
		uint64_t word = load(in + at);

		crc = (uint32_t)step(crc, word);
		if (out)
			store(out + at, word);
	}
	for (; at < length; at++) {
		uint8_t byte = in[at];

		crc = step_byte(crc, byte);
		if (out)
			out[at] = byte;
	}
	return ~crc;
}

uint32_t aet_crc32c(const void *bytes, size_t length)
{
	return aet_crc32c_copy(NULL, bytes, length);
}

/* The leaves' checksums are checksummed as they come: a section of any size needs no memory. */
uint32_t aet_crc32c_leaves(const void *bytes, uint64_t length)
{
	const uint8_t *at = bytes;
	uint32_t crc = ~0u;

	aet_crc32c_prepare();
	for (uint64_t done = 0; done < length; done += AET_STATE_LEAF) {
		size_t part = (size_t)AET_MIN(length - done, (uint64_t)AET_STATE_LEAF);
		uint32_t leaf = aet_crc32c(at + done, part);
		uint8_t text[4];

		__builtin_memcpy(text, &leaf, sizeof(text));
		crc = by_table(crc, NULL, text, sizeof(text));
	}
	return ~crc;
}
