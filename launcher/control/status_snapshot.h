/*
 * What `status` says about the kept snapshot, its file, and the states that are set aside.
 */
#ifndef AET_STATUS_SNAPSHOT_H
#define AET_STATUS_SNAPSHOT_H

#include <stdio.h>

struct aet_json;

void aet_status_add_snapshot(struct aet_json *json);
void aet_status_print_snapshot(FILE *out);

#endif
