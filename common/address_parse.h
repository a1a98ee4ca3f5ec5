/*
 * Parses addresses as people write them: tcp://0.0.0.0:8080, tcp6://[::]:8080, udp://127.0.0.1:53,
 * udp6://[::1]:53, unix:///run/x.sock, unix://@abstract. Pure, no allocation.
 */
#ifndef AET_ADDRESS_PARSE_H
#define AET_ADDRESS_PARSE_H

#include "aeterna/address.h"

/* Parses text; 0, or -EINVAL with *ret_address untouched and *ret_why (may be NULL) a literal. */
int aet_address_parse(const char *text, struct aet_address *ret_address, const char **ret_why);

#endif
