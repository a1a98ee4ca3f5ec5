/*
 * Memory for one parse: a mapping handed out from its start and given back as a whole, so that
 * nothing of a parser stays in the launcher's heap, whatever it was fed. The build gives libyaml
 * these functions for its malloc, realloc, free and strdup (Makefile).
 */
#ifndef AET_REGION_H
#define AET_REGION_H

#include <stddef.h>

#define AET_REGION_BYTES (64ul << 20) /* address space; a file of AET_CONFIG_MAX_BYTES needs less */

/* Opens the one region. 0 or -errno; -EBUSY: it is open. */
int aet_region_open(void);

/* Gives all of it back. Harmless when it is not open. */
void aet_region_close(void);

/* As in libc, with memory that lasts until aet_region_close(); free() does nothing. NULL when the
 * region is closed or full. */
void *aet_region_malloc(size_t size);
void *aet_region_realloc(void *memory, size_t size);
void aet_region_free(void *memory);
char *aet_region_strdup(const char *text);

#endif
