/*
 * Finds a function or a variable by name in everything that is loaded: the program (where it was linked with
 * -rdynamic) and every library, including those opened with RTLD_LOCAL, which dlsym(3) does not
 * find.
 */
#ifndef AET_SYMBOLS_H
#define AET_SYMBOLS_H

#include <stddef.h>

/* NULL: nobody defines it. Not async-signal-safe. */
void *aet_symbol_find(const char *name);

/* The same of a variable, with its size in bytes. */
void *aet_symbol_find_object(const char *name, size_t *ret_size);

#endif
