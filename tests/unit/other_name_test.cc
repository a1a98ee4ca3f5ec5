// Unix sockets that each version names differently.
#include <atomic>
#include <gtest/gtest.h>
#include <string>

/* C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h. */
#define _Atomic(type) std::atomic<type>

extern "C" {
#include "address_parse.h"
#include "swap/other_name.h"
}

namespace aet
{

static bool IsOther(const std::string &one, const std::string &other)
{
	aet_address a;
	aet_address b;

	EXPECT_EQ(aet_address_parse(("unix://" + one).c_str(), &a, nullptr), 0) << one;
	EXPECT_EQ(aet_address_parse(("unix://" + other).c_str(), &b, nullptr), 0) << other;
	return aet_other_name_is(&a, &b);
}

TEST(OtherName, ANumberOrADrawnWord)
{
	EXPECT_TRUE(IsOther("/run/app-4711.sock", "/run/app-4712.sock"));
	EXPECT_TRUE(IsOther("/run/app-999.sock", "/run/app-1000.sock"));
	EXPECT_TRUE(IsOther("/run/4711/sock", "/run/4811/sock"));
	EXPECT_TRUE(IsOther("@/tmp/dbus-aB3xYz", "@/tmp/dbus-Qr4stU"));
	EXPECT_TRUE(IsOther("/tmp/listener-fuli2i6j", "/tmp/listener-e7ll8lkv"));
}

TEST(OtherName, NotTheSameNorAnotherName)
{
	EXPECT_FALSE(IsOther("/run/app.sock", "/run/app.sock"));
	EXPECT_FALSE(IsOther("/run/app-blue.sock", "/run/app-green.sock"));
	EXPECT_FALSE(IsOther("/run/staging.sock", "/run/primary.sock"));
	EXPECT_FALSE(IsOther("/run/app-7.sock", "/run/app-8.sock"));
	EXPECT_FALSE(IsOther("/run/a-4711.sock", "/run/b-4712.sock"));
	EXPECT_FALSE(IsOther("/run/app-4711.sock", "/run/app.sock"));
	EXPECT_FALSE(IsOther("/run/app-4711.sock", "@/run/app-4712.sock"));
}

} // namespace aet
