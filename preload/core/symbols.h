/*
 * Finds a function, or a variable, by name in everything that is loaded: the program (where it was linked with
 * -rdynamic) and every library, including those opened with RTLD_LOCAL, which dlsym(3) does not
 * find.
 */
#ifndef AET_SYMBOLS_H
#define AET_SYMBOLS_H

#include <stdint.h>

/* A function. NULL: nobody defines it. Neither is async-signal-safe. */
void *aet_symbol_find(const char *name);
void *aet_symbol_find_data(const char *name, uint64_t *ret_size);

#endif
