/*
 * The `check` verb: reads the file, looks at the program, and says what will work and what will
 * not. Starts nothing, binds nothing, changes nothing.
 */
#ifndef AET_CHECK_H
#define AET_CHECK_H

#include "cli/options.h"

/*
 * Prints a report to standard output, and what is wrong in one line to standard error. The exit
 * code: 0 fine, 1 the program cannot be supervised, 64 no command, 78 bad configuration, 126 not
 * executable, 127 not found.
 */
int aet_check_run(const struct aet_options *options);

#endif
