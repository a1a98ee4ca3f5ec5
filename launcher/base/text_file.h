/*
 * Reads small files of proc(5) and cgroups(7) in one go.
 */
#ifndef AET_TEXT_FILE_H
#define AET_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads at most size - 1 bytes and ends them with NUL; "" for a file that cannot be read. Returns
 * the length. */
size_t aet_text_file_read(const char *path, char *ret_text, size_t size);

/* Finds the number in the first line that begins with `name`; false: no line does. */
bool aet_text_number(const char *text, const char *name, uint64_t *ret_number);

#endif
