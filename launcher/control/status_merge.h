/* What status says of on_busy: merge. */
#ifndef AET_STATUS_MERGE_H
#define AET_STATUS_MERGE_H

#include <stdio.h>

#include "base/json.h"

void aet_status_add_merge(struct aet_json *json);

/* Nothing where there was nothing to merge. */
void aet_status_print_merge(FILE *out);

#endif
