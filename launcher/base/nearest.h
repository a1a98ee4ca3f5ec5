/*
 * "Did you mean": the word of a list that the user most likely wanted to type. Pure functions.
 */
#ifndef AET_NEAREST_H
#define AET_NEAREST_H

#include <stddef.h>

#define AET_NEAREST_MAX 64 /* longer words have no neighbours */

/*
 * The number of characters to insert, delete, replace or swap with the next one, ignoring case;
 * AET_NEAREST_MAX if a word is longer than that.
 */
unsigned aet_nearest_distance(const char *a, const char *b);

/* The nearest of words, the first among equals; NULL: none is near enough. */
const char *aet_nearest_find(const char *word, const char *const *words, size_t count);

#endif
