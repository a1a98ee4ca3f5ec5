/*
 * Addresses as people write them, read (address.h writes them). A pure function, no allocation.
 */
#ifndef AET_ADDRESS_PARSE_H
#define AET_ADDRESS_PARSE_H

#include "aeterna/address.h"

/* Parses text; 0, or -EINVAL with *ret_address untouched and *ret_why (may be NULL) a literal. */
int aet_address_parse(const char *text, struct aet_address *ret_address, const char **ret_why);

#endif
