// Which Unix sockets are named after their process.
#include "library.h"

extern "C" {
#include "address_parse.h"
#include "listeners/own_name.h"
}

namespace aet
{

static bool IsOwn(const std::string &path, int pid)
{
	aet_address address;

	EXPECT_EQ(aet_address_parse(("unix://" + path).c_str(), &address, nullptr), 0) << path;
	return aet_is_own_name(&address, pid);
}

TEST(OwnName, TheNumberOfTheProcess)
{
	EXPECT_TRUE(IsOwn("/tmp/.java_pid4711.tmp", 4711));
	EXPECT_TRUE(IsOwn("/tmp/.java_pid4711", 4711));
	EXPECT_TRUE(IsOwn("/tmp/dotnet-diagnostic-4711-90-socket", 4711));
	EXPECT_TRUE(IsOwn("/run/app/worker_4711.sock", 4711));
	EXPECT_TRUE(IsOwn("/run/1-4711", 4711));
	EXPECT_TRUE(IsOwn("/tmp/tsx-0/4711.pipe", 4711));
	EXPECT_TRUE(IsOwn("@control-4711", 4711));
	EXPECT_TRUE(IsOwn("@/tmp/4711", 4711));
}

TEST(OwnName, NotAPartOfItNorAnother)
{
	EXPECT_FALSE(IsOwn("/tmp/.java_pid47110.tmp", 4711));
	EXPECT_FALSE(IsOwn("/tmp/.java_pid14711.tmp", 4711));
	EXPECT_FALSE(IsOwn("/tmp/.java_pid4712.tmp", 4711));
	EXPECT_FALSE(IsOwn("/run/app.sock", 4711));
	// 2^64 + 4711: too long a number is none.
	EXPECT_FALSE(IsOwn("/run/app-18446744073709556327.sock", 4711));
}

// The name of a directory is of no process alone; what follows a dot or a letter may be anything,
// and temporary names are made that way before they are renamed.
TEST(OwnName, NotWhereANumberMeansOtherThings)
{
	EXPECT_FALSE(IsOwn("/run/app-4711/sock", 4711));
	EXPECT_FALSE(IsOwn("/run/app.sock.4711", 4711));
	EXPECT_FALSE(IsOwn("/run/app4711.sock", 4711));
	EXPECT_FALSE(IsOwn("/run/app-4711x.sock", 4711));
	EXPECT_FALSE(IsOwn("/run/app-4711/", 4711));
	EXPECT_FALSE(IsOwn("@app-4711/", 4711));
}

// In a container the program is number 7.
TEST(OwnName, SmallNumbersOnlyByName)
{
	EXPECT_TRUE(IsOwn("/tmp/.java_pid7.tmp", 7));
	EXPECT_FALSE(IsOwn("/run/app-7.sock", 7));
	EXPECT_FALSE(IsOwn("/run/app-99.sock", 99));
	EXPECT_TRUE(IsOwn("/run/app-100.sock", 100));
}

TEST(OwnName, NoPath)
{
	aet_address address;

	EXPECT_EQ(aet_address_parse("tcp://127.0.0.1:4711", &address, nullptr), 0);
	EXPECT_FALSE(aet_is_own_name(&address, 4711));
}

} // namespace aet
