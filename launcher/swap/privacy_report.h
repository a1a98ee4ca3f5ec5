/*
 * The private sockets in `status` and `check`: which, whose, and why. `check` names the public ones, too.
 */
#ifndef AET_PRIVACY_REPORT_H
#define AET_PRIVACY_REPORT_H

#include <stdio.h>

#include "base/json.h"

void aet_privacy_report_add(struct aet_json *json);
void aet_privacy_report_print(FILE *out);

void aet_privacy_report_add_public(struct aet_json *json);
void aet_privacy_report_print_public(FILE *out);

#endif
