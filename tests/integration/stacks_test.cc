// Programs with signal stacks of their own: the library leaves them alone, unless the threads of the
// program have no other.

#include <gtest/gtest.h>

#include <filesystem>

#include "service.h"

namespace aet
{

static void SwapsThrice(const std::string &stacks)
{
	constexpr int kSwaps = 3;
	constexpr int kClients = 4;
	Service service(
		{"stacks", {"{B}/stacks"}, {"http://127.0.0.1:{P}/"}, {"STACKS=" + stacks}, false},
		{"service.ready_after: 100ms", "handoff.drain_timeout: 1s"});
	std::vector<std::unique_ptr<Connection>> clients;

	service.Start();
	for (int i = 0; i < kClients; i++) {
		clients.push_back(std::make_unique<Connection>(service.urls()[0]));
		clients.back()->Ask();
		EXPECT_EQ(clients.back()->Answer().compare(0, 3, "v1 "), 0);
	}
	for (int version = 2; version < 2 + kSwaps; version++) {
		service.SetVersion(version);
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service.log();
		for (auto &client : clients) {
			client->Ask();
			EXPECT_EQ(
				client->Answer().compare(0, 3, "v" + std::to_string(version) + " "),
				0);
		}
	}
	EXPECT_EQ(service.Status()["swaps"]["committed"], kSwaps);
	EXPECT_GE(service.Stop(), 0);
	EXPECT_EQ(service.log().find("exited with status"), std::string::npos) << service.log();
	EXPECT_EQ(service.log().find("ended by signal"), std::string::npos) << service.log();
}

TEST(StacksTest, ThreadsShareAnAlternateStack)
{
	SwapsThrice("shared");
}

TEST(StacksTest, AlternateStacksOfTheLeastSize)
{
	SwapsThrice("small");
}

// What moved comes while they sleep in accept(), to whichever thread takes the signal.
TEST(StacksTest, ThreadsThatAcceptAndServeTakeWhatMoves)
{
	SwapsThrice("none");
}

TEST(StacksTest, ALibraryInGoIsLoaded)
{
	std::string here = std::filesystem::current_path();

	for (const char *when : {"before", "after"})
		for (const char *library : {"go_library.so", "go_library_bare.so"}) {
			Service service({"go_host", {"{B}/go_host"}, {"http://127.0.0.1:{P}/"},
						{std::string("WHEN=") + when,
							"GO_LIBRARY=" + here + "/build/programs/" +
								library},
						false},
				{"service.ready_after: 100ms"});

			service.Start();
			for (int version = 2; version <= 3; version++) {
				service.SetVersion(version);
				Output reload = service.Reload();
				ASSERT_EQ(reload.code, 0) << reload.err << service.log();
				EXPECT_EQ(service.Get().compare(
						  0, 3, "v" + std::to_string(version) + " "),
					0)
					<< when << " " << library << ": " << service.Get();
			}
			EXPECT_GE(service.Stop(), 0);
		}
}

} // namespace aet
