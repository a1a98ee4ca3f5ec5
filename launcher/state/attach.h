/*
 * Asks processes that have no state hooks to get them: a Python program whose state came into the file
 * later, or lies in a module that it has not imported yet, or whose interpreter did not look for ours.
 * A process that has other ones of its generation as children is the parent of workers: it serves
 * nobody, and is left alone.
 */
#ifndef AET_ATTACH_H
#define AET_ATTACH_H

#include <stdbool.h>

struct aet_generation;
struct aet_message;

#define AET_ATTACH_ALL 0xffffffffu

/* At most so many processes of the generation get them. */
void aet_attach_ask(const struct aet_generation *generation, unsigned most);

/* No process of the generation was asked, or will be. */
void aet_attach_forget(void);
bool aet_attach_has_asked(const struct aet_generation *generation);

/* Whether one that was asked has not answered yet; not for longer than a second. Wakes it. */
bool aet_attach_is_awaited(const struct aet_generation *generation);

/* The ATTACH request of a process; answers on fd. */
void aet_attach_answer(int fd, const struct aet_message *request);

#endif
