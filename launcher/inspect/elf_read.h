/*
 * Reads a part of a file that may be cut short.
 */
#ifndef AET_ELF_READ_H
#define AET_ELF_READ_H

#include <stdint.h>

/* Reads exactly count bytes at offset: 0, -EBADMSG when the file ends before, -errno. */
int aet_elf_read_at(int fd, uint64_t offset, void *buf, uint64_t count);

#endif
