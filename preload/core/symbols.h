/*
 * Finds a function by name in everything that is loaded: the program (where it was linked with
 * -rdynamic) and every library, including those opened with RTLD_LOCAL, which dlsym(3) does not
 * find.
 */
#ifndef AET_SYMBOLS_H
#define AET_SYMBOLS_H

/* NULL: nobody defines it. Not async-signal-safe. */
void *aet_symbol_find(const char *name);

#endif
