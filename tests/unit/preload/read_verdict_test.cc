// What a read does in every role, with and without state, frozen or not, busy or idle.
#include "library.h"

extern "C" {
#include "connections/read_verdict.h"
}

namespace aet
{

// Columns: without state, with it; of each, not frozen and frozen; of each, busy and idle.
TEST(ReadVerdict, EveryCase)
{
	const std::pair<enum aet_role, const char *> rows[] = {
		{AET_ROLE_SERVE, "FF FF FF FF"},
		{AET_ROLE_HOLD, "FF FF OH WW"},
		{AET_ROLE_PARK, "FF FF OH WW"},
		{AET_ROLE_DRAIN, "OL OL OL WW"},
		{AET_ROLE_ABORTED, "FF FF OH WW"},
	};

	for (const auto &[role, wanted] : rows) {
		std::string got;

		for (int column = 0; column < 8; column++) {
			if (column > 0 && column % 2 == 0)
				got += ' ';
			// The enumerators' order: freely, on, hold, wait, leave.
			got += "FOHWL"[aet_read_verdict(role, column & 4, column & 2, column & 1)];
		}
		EXPECT_EQ(got, wanted) << "role " << static_cast<int>(role);
	}
}

} // namespace aet
