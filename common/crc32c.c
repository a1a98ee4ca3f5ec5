#include "crc32c.h"

#include <cpuid.h>
#include <stdbool.h>

#include "aeterna/state.h"
#include "util.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */

/*
 * The instruction takes three cycles and a new one can begin in each: three streams of a block run
 * side by side and are joined by carry-less shifts, which a table for one fixed distance does.
 */
#define LANE  1024 /* bytes of a stream in one block */
#define BLOCK (3 * LANE)

static uint32_t byte_table[256];
static uint32_t shift_table[4][256]; /* the CRC's state after LANE zero bytes, by byte of it */
static int is_prepared;
static bool has_instruction;

static uint32_t shift_bits(uint32_t crc, unsigned zero_bytes)
{
	for (unsigned i = 0; i < zero_bytes; i++)
		crc = crc >> 8 ^ byte_table[crc & 0xff];
	return crc;
}

/* The shift is linear: of any state it is the sum of the shifts of its bits. */
static void prepare_shift(void)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t shifted = shift_bits(1u << bit, LANE);

		for (uint32_t i = 0; i < 256; i++)
			if (i >> (bit % 8) & 1)
				shift_table[bit / 8][i] ^= shifted;
	}
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
	prepare_shift();
	has_instruction = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
	is_prepared = 1;
}

static inline uint32_t shift(uint32_t crc)
{
	return shift_table[0][crc & 0xff] ^ shift_table[1][crc >> 8 & 0xff] ^
		shift_table[2][crc >> 16 & 0xff] ^ shift_table[3][crc >> 24];
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

static uint32_t block(uint32_t crc, uint8_t *to, const uint8_t *from)
{
	uint64_t one = crc;
	uint64_t two = 0;
	uint64_t three = 0;

	for (unsigned i = 0; i < LANE; i += 8) {
		uint64_t a = load(from + i);
		uint64_t b = load(from + LANE + i);
		uint64_t c = load(from + 2 * LANE + i);

		one = step(one, a);
		two = step(two, b);
		three = step(three, c);
		if (to) {
			store(to + i, a);
			store(to + LANE + i, b);
			store(to + 2 * LANE + i, c);
		}
	}
	return shift(shift((uint32_t)one) ^ (uint32_t)two) ^ (uint32_t)three;
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
	size_t at = 0;

	aet_crc32c_prepare();
	if (!has_instruction)
		return ~by_table(crc, out, in, length);
	for (; length - at >= BLOCK; at += BLOCK)
		crc = block(crc, out ? out + at : NULL, in + at);
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
