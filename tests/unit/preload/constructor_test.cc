// The library's constructor: what the environment must say for the library to be active, which
// inherited descriptors it looks at, and what a forked child keeps. The test starts this program
// again, with --tell.
#include "library.h"

#include <fcntl.h>
#include <unistd.h>

namespace aet
{

constexpr const char *kToken = "00112233445566778899aabbccddeeff";

static std::string Tell(const std::vector<std::string> &env)
{
	char name[] = "/tmp/aeterna-tell-XXXXXX";
	SpawnOptions options;

	options.out = mkstemp(name);
	options.env = env;
	Process process({"/proc/self/exe", "--tell"}, options);
	EXPECT_EQ(process.Wait(), 0);
	std::string text = ReadFile(name);
	close(options.out);
	unlink(name);
	return text;
}

static bool IsActive(const std::string &control, const std::string &generation = "3")
{
	std::string text = Tell({"AETERNA_CONTROL=" + control, "AETERNA_GENERATION=" + generation});

	return text.find("parent: active 1 generation " + generation + " ") == 0;
}

TEST(Constructor, InactiveWithoutALauncher)
{
	EXPECT_EQ(Tell({}).find("parent: active 0 "), 0u);
	EXPECT_EQ(Tell({"AETERNA_GENERATION=3"}).find("parent: active 0 "), 0u);
	EXPECT_EQ(Tell({"AETERNA_CONTROL=" + std::string(kToken) + ":x"}).find("parent: active 0 "),
		0u);
}

TEST(Constructor, TheControlNameAtItsLongestAndOneBeyond)
{
	std::string token = kToken;
	std::string longest(sizeof(aet_lib.control) - 2, 'n');

	EXPECT_TRUE(IsActive(token + ":x"));
	EXPECT_TRUE(IsActive(token + ":" + longest));
	EXPECT_FALSE(IsActive(token + ":" + longest + "n"));
	EXPECT_FALSE(IsActive(token + ":"));
	EXPECT_FALSE(IsActive(token));
	EXPECT_FALSE(IsActive(""));
	EXPECT_FALSE(IsActive(token + "0:x"));
	for (size_t length = 1; length < 32; length += 6)
		EXPECT_FALSE(IsActive(token.substr(0, length))) << length;
	for (char wrong : {'g', 'A', ':', ' '})
		EXPECT_FALSE(IsActive(std::string(token).replace(31, 1, 1, wrong) + ":x"));
}

TEST(Constructor, ReadsTokenGenerationAndDescriptors)
{
	std::string text = Tell({"AETERNA_CONTROL=" + std::string(kToken) + ":name",
		"AETERNA_GENERATION=12", "AETERNA_FDS=3=tcp://0.0.0.0:80,4=unix:///x"});

	EXPECT_NE(text.find("parent: active 1 generation 12 inherited 2 control 'name' token 00ff "
			    "owner 1\n"),
		std::string::npos)
		<< text;
	// A child owns its copy.
	EXPECT_NE(text.find("child: active 1 generation 12 inherited 2 control 'name' token 00ff "
			    "owner 1\n"),
		std::string::npos)
		<< text;
	EXPECT_NE(text.find("parent: usr2 ours\n"), std::string::npos) << text;
	EXPECT_NE(text.find("child: usr2 its own\n"), std::string::npos) << text;
}

// Listening sockets are looked at, other descriptors are not, and none beyond the scan.
TEST(Constructor, MarksInheritedListeners)
{
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	int other = socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(listen(listening, 1), 0);
	int last = fcntl(listening, F_DUPFD, 63);
	ASSERT_EQ(last, 63);
	int beyond = fcntl(listening, F_DUPFD, 64);
	ASSERT_LT(other, 63);
	std::string text =
		Tell({"AETERNA_CONTROL=" + std::string(kToken) + ":name", "AETERNA_GENERATION=2"});
	auto has = [&](int fd) {
		return text.find("parent: mark 126 of " + std::to_string(fd) + "\n") !=
			std::string::npos;
	};

	EXPECT_TRUE(has(listening)) << text;
	EXPECT_TRUE(has(last)) << text;
	EXPECT_FALSE(has(other)) << text;
	EXPECT_FALSE(has(beyond)) << text;
	for (int fd : {listening, other, last, beyond})
		close(fd);
}

} // namespace aet
