/*
 * CRC-32C (Castagnoli, RFC 3720) by the processor's own instruction (SSE 4.2), a table where there
 * is none. No memory, no libc: callable anywhere.
 */
#ifndef AET_CRC32C_H
#define AET_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Fills the tables; the others do it by themselves, for as long as there is one thread. */
void aet_crc32c_prepare(void);

/* Of the bytes alone: initial value and final xor are applied. */
uint32_t aet_crc32c(const void *bytes, size_t length);

/* Copies and returns the CRC-32C of what was copied; to NULL: nothing is copied. */
uint32_t aet_crc32c_copy(void *to, const void *from, size_t length);

/* CRC-32C of the CRC-32Cs of all leaves of AET_STATE_LEAF bytes: the checksum of a section. */
uint32_t aet_crc32c_leaves(const void *bytes, uint64_t length);

#endif
