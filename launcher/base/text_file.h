/*
 * Small files of the kernel's, proc(5) and cgroups(7), read at once.
 */
#ifndef AET_TEXT_FILE_H
#define AET_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* At most size - 1 bytes, ended by NUL; what cannot be read is an empty text. Returns its length. */
size_t aet_text_file_read(const char *path, char *ret_text, size_t size);

/* The number in the first line that begins with `name`; false: there is none. */
bool aet_text_number(const char *text, const char *name, uint64_t *ret_number);

#endif
