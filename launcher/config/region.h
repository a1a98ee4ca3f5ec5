/*
 * Memory for one parse: a mapping that is handed out from its start and unmapped as a whole, so
 * that a parse leaves nothing in the launcher's heap. The Makefile links libyaml with these
 * functions as its malloc, realloc, free and strdup.
 */
#ifndef AET_REGION_H
#define AET_REGION_H

#include <stddef.h>

#define AET_REGION_BYTES (64ul << 20) /* address space; a file of AET_CONFIG_MAX_BYTES needs less */

/* Opens the region. 0 or -errno; -EBUSY: it is open already. */
int aet_region_open(void);

/* Unmaps all of it. Harmless when it is not open. */
void aet_region_close(void);

/* As in libc, with memory that lasts until aet_region_close(); free() does nothing. NULL when the
 * region is closed or full. */
void *aet_region_malloc(size_t size);
void *aet_region_realloc(void *memory, size_t size);
void aet_region_free(void *memory);
char *aet_region_strdup(const char *text);

#endif
