/*
 * The same source once more, under other names: what the processor says about itself is forgotten
 * before each call.
 */
#define aet_crc32c_prepare table_prepare
#define aet_crc32c         table_crc32c
#define aet_crc32c_copy    table_copy
#define aet_crc32c_leaves  table_leaves

#include "../../common/crc32c.c"

#include "crc32c_table.h"

uint32_t crc32c_table_copy(void *to, const void *from, size_t length)
{
	table_prepare();
	has_instruction = false;
	return table_copy(to, from, length);
}

uint32_t crc32c_table_leaves(const void *bytes, uint64_t length)
{
	table_prepare();
	has_instruction = false;
	return table_leaves(bytes, length);
}
