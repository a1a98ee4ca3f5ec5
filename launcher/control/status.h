/* What `status` shows, as text for people or JSON for machines. */
#ifndef AET_STATUS_H
#define AET_STATUS_H

#include <stdbool.h>
#include <stdio.h>

void aet_status_print(FILE *out, bool json);

#endif
