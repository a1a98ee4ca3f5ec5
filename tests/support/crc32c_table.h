/*
 * common/crc32c.c as it works on a processor that has no instruction for it.
 */
#ifndef AET_TESTS_CRC32C_TABLE_H
#define AET_TESTS_CRC32C_TABLE_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c_table_copy(void *to, const void *from, size_t length);
uint32_t crc32c_table_leaves(const void *bytes, uint64_t length);

#endif
