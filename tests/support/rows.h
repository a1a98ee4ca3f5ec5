// The rows of launcher/swap/table.def that launchers took in the tests, for tests/rows.py.
#ifndef AET_TESTS_ROWS_H
#define AET_TESTS_ROWS_H

#include <string>

namespace aet
{

// Appends those in a launcher's log, which it wrote with -v, to build/rows.txt or AET_ROWS.
void TellRows(const std::string &log);

} // namespace aet

#endif
