/*
 * Unix sockets that each version names differently: the same name but for one word, which is a
 * number or was drawn (dbus-XXXXXX).
 */
#ifndef AET_OTHER_NAME_H
#define AET_OTHER_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/address.h"

/* True if both are the same but for such a word. */
bool aet_other_name_is(const struct aet_address *a, const struct aet_address *b);

/* The generation names a socket as an older one does, but for such a word: marks the older one's. */
bool aet_other_name_mark(const struct aet_address *address, uint32_t generation);

#endif
