/*
 * What --help and --version print.
 */
#ifndef AET_HELP_H
#define AET_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* The help of a verb; AET_VERB_RUN: of the whole program, with the keys of the file. 0, or -EIO. */
int aet_help_print(FILE *out, enum aet_verb verb);

/* "aeterna-launch 1.2.3". 0, or -EIO. */
int aet_help_print_version(FILE *out);

#endif
