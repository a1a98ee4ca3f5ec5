/*
 * NULL-terminated lists of texts, as argv and environ are.
 */
#ifndef AET_STRING_LIST_H
#define AET_STRING_LIST_H

/* A copy of the list and its texts, freed by aet_strings_free(); NULL: no memory. */
char **aet_strings_copy(char *const *strings);

/* Frees the list and its texts. Takes NULL. */
void aet_strings_free(char **strings);

#endif
