/*
 * The `check` verb: reads the file, inspects the program, and reports what will work and what will
 * not. Starts nothing, binds nothing, changes nothing.
 */
#ifndef AET_CHECK_H
#define AET_CHECK_H

#include "cli/options.h"

/*
 * Prints a report to standard output, and one line about the problem to standard error. Returns the
 * exit code: 0 fine, 1 the program cannot be supervised, 64 no command, 78 bad configuration, 126
 * not executable, 127 not found.
 */
int aet_check_run(const struct aet_options *options);

#endif
