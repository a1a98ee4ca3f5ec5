#include "config/region.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 16

/* The header of each block: realloc() must know how much to copy. */
struct block {
	size_t size;
	uint8_t pad[ALIGNMENT - sizeof(size_t)];
};

static uint8_t *start;
static size_t used;

int aet_region_open(void)
{
	void *memory;

	if (start)
		return -EBUSY;
	memory = mmap(NULL, AET_REGION_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	start = memory;
	used = 0;
	return 0;
}

void aet_region_close(void)
{
	if (start)
		(void)munmap(start, AET_REGION_BYTES);
	start = NULL;
}

void *aet_region_malloc(size_t size)
{
	size_t want = sizeof(struct block) + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct block *block;

	if (!start || size > AET_REGION_BYTES || want > AET_REGION_BYTES - used)
		return NULL;
	block = (void *)(start + used);
	block->size = size;
	used += want;
	return block + 1;
}

void *aet_region_realloc(void *memory, size_t size)
{
	size_t old = memory ? ((struct block *)memory)[-1].size : 0;
	void *grown = aet_region_malloc(size);

	if (grown && memory)
		memcpy(grown, memory, old < size ? old : size);
	return grown;
}

void aet_region_free(void *memory)
{
	(void)memory;
}

char *aet_region_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = aet_region_malloc(size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}
