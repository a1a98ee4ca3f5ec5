/*
 * The private sockets in `status`: which, whose, and why.
 */
#ifndef AET_STATUS_PRIVATE_H
#define AET_STATUS_PRIVATE_H

#include <stdio.h>

#include "base/json.h"

void aet_status_add_private(struct aet_json *json);
void aet_status_print_private(FILE *out);

#endif
