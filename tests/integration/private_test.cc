// What programs have around their main socket: helpers that only their own version speaks with, and
// looks whether an address is in use.

#include <gtest/gtest.h>

#include <csignal>

#include "service.h"

namespace aet
{

static Program Neighbours(const std::vector<std::string> &env)
{
	return {"neighbours", {"/usr/bin/python3", "{T}/neighbours.py"}, {"http://127.0.0.1:{P}/"},
		env, false};
}

static void SwapTo(Service *service, int number)
{
	service->SetVersion(number);
	Output reload = service->Reload();
	ASSERT_EQ(reload.code, 0) << reload.err << service->log();
}

static std::string Helped(const std::string &version)
{
	return " first=" + version + " kept=" + version + " new=" + version + "\n";
}

static bool EndsIn(const std::string &text, const std::string &end)
{
	return text.size() >= end.size() &&
		text.compare(text.size() - end.size(), end.size(), end) == 0;
}

static bool Has(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

// Each version has processes that listen under a name which no other has.
TEST(PrivateTest, PoolsOfMultiprocessing)
{
	for (const char *pool : {"manager", "forkserver"}) {
		Service service(Neighbours({std::string("POOL=") + pool}));

		SCOPED_TRACE(pool);
		service.Start();
		ASSERT_TRUE(Eventually([&] {
			return service.Status()["private_listeners"].size() == 1;
		})) << service.log();
		nlohmann::json status = service.Status();
		EXPECT_EQ(status["private_listeners"][0]["generation"], 1);
		EXPECT_EQ(
			status["private_listeners"][0]["why"], "its generation made the directory");
		EXPECT_EQ(status["listeners"].size(), 1u) << status.dump(1);
		for (int number = 2; number <= 3; number++) {
			SwapTo(&service, number);
			EXPECT_EQ(service.Get().compare(0, 3, service.Version() + " "), 0);
		}
		EXPECT_TRUE(Eventually([&] {
			return service.Status()["private_listeners"].size() == 1;
		})) << "what ended with its version is still there"
		    << service.Status().dump(1);
		EXPECT_EQ(service.Status()["private_listeners"][0]["generation"], 3);
		EXPECT_GE(service.Stop(), 0);
	}
}

// On a port that the kernel chose, a fixed one, a path and an abstract name: the new version speaks
// with its own helper before it is the service, and the old one with its own after.
TEST(PrivateTest, EachVersionMeetsItsOwnHelper)
{
	for (const char *where : {"any", "next", "{D}/helper", "@aeterna-test-helper-{P}"}) {
		Service service(Neighbours({std::string("HELPER=") + where}),
			{"handoff.drain_timeout: 1s", "service.stop_timeout: 1s"});

		SCOPED_TRACE(where);
		service.Start();
		ASSERT_TRUE(Eventually([&] { return EndsIn(service.Get(), Helped("v1")); }))
			<< service.Get() << service.log();
		Process slow({"curl", "-sS", "-o", service.directory() + "/slow",
				     service.urls()[0] + "slow?400"},
			{});
		ASSERT_TRUE(
			Eventually([&] { return service.Status()["connections"]["open"] > 0; }));
		SwapTo(&service, 2);
		EXPECT_TRUE(EndsIn(service.Get(), Helped("v2"))) << service.Get();
		EXPECT_EQ(slow.Wait(), 0);
		EXPECT_TRUE(EndsIn(ReadFile(service.directory() + "/slow"), Helped("v1")))
			<< ReadFile(service.directory() + "/slow");
		EXPECT_TRUE(Eventually([&] { return service.Status()["draining"].empty(); }))
			<< service.Status().dump(1);
		EXPECT_TRUE(EndsIn(service.Get(), Helped("v2"))) << service.Get();
		EXPECT_GE(service.Stop(), 0);
	}
}

// It ends when somebody answers where it wants to listen: after a crash nobody does.
TEST(PrivateTest, LooksFirstAndStartsAgain)
{
	for (const char *overlap : {"true", "false"}) {
		for (const char *where : {"next", "{D}/helper"}) {
			Service service(
				Neighbours({"LOOK_FIRST=1", std::string("HELPER=") + where}),
				{std::string("handoff.overlap: ") + overlap,
					"handoff.drain_timeout: 1s", "service.stop_timeout: 1s"});

			SCOPED_TRACE(std::string(overlap) + " " + where);
			service.Start();
			ASSERT_TRUE(
				Eventually([&] { return EndsIn(service.Get(), Helped("v1")); }));
			ASSERT_EQ(kill(service.ProgramPid(), SIGKILL), 0);
			ASSERT_TRUE(Eventually([&] {
				return service.Status()["generation"] == 2 &&
					service.Status()["state"] == "running";
			})) << service.log();
			EXPECT_TRUE(EndsIn(service.Get(), Helped("v1"))) << service.log();
			SwapTo(&service, 2);
			EXPECT_TRUE(EndsIn(service.Get(), Helped("v2"))) << service.Get();
			EXPECT_FALSE(Has(service.log(), "looked: in use")) << service.log();
			EXPECT_FALSE(Has(service.log(), "exists: True")) << service.log();
			EXPECT_GE(service.Stop(), 0);
		}
	}
}

TEST(PrivateTest, ReachesTheOldOneOnRequest)
{
	Service service(Neighbours({"LOOK_FIRST=1"}), {"service.reach_old: true"});

	service.Start();
	service.SetVersion(2);
	EXPECT_EQ(service.Reload().code, 1);
	EXPECT_TRUE(Has(service.log(), "looked: in use")) << service.log();
	EXPECT_EQ(service.StatusText("reason"), "exited");
}

static const Program kSteps = {"steps", {"{B}/steps"}, {"http://127.0.0.1:{P}/"}, {}, false};

static std::string Address(const Service &service, int port)
{
	return "tcp://127.0.0.1:" + std::to_string(service.port() + port);
}

TEST(PrivateTest, NamedInTheConfiguration)
{
	Service service(kSteps,
		{"service.private: [\"tcp://127.0.0.1:*\"]",
			"service.public: [\"tcp://127.0.0.1:{P}\"]", "service.start_timeout: 3s",
			"handoff.drain_timeout: 1s"});

	service.SetSteps("open:1 open:0");
	service.Start();
	EXPECT_TRUE(Eventually([&] { return service.Status()["listeners"].size() == 1; }))
		<< service.Status().dump(1) << service.log();
	EXPECT_EQ(service.Status()["listeners"][0]["address"], Address(service, 0));
	EXPECT_EQ(service.Status()["private_listeners"][0]["address"], Address(service, 1));
	EXPECT_EQ(service.Status()["private_listeners"][0]["why"], "service.private names it");
	// The next version binds it as well: it gets the socket.
	service.SetSteps("open:0 open:1");
	SwapTo(&service, 2);
	EXPECT_EQ(service.Status()["listeners"].size(), 2u) << service.Status().dump(1);
	EXPECT_TRUE(Has(service.log(), "is public: generation 2 binds it, too")) << service.log();
}

TEST(PrivateTest, NamedOnesAreNotWaitedFor)
{
	Service service(kSteps,
		{"service.private: [\"tcp://127.0.0.1:*\"]",
			"service.public: [\"tcp://127.0.0.1:{P}\"]", "service.start_timeout: 5s",
			"handoff.drain_timeout: 1s"});

	service.SetSteps("open:1 open:0");
	service.Start();
	service.SetSteps("open:0 open:2");
	SwapTo(&service, 2);
	EXPECT_TRUE(Eventually([&] { return service.Status()["draining"].empty(); }));
	EXPECT_EQ(aet::Run({"curl", "-s", "http://127.0.0.1:" + std::to_string(service.port() + 1)})
			  .code,
		7)
		<< "its version has ended, and somebody takes connections";
}

// What a swap is refused for names what came instead, and the key that helps.
TEST(PrivateTest, SaysWhatCameInstead)
{
	Service service(kSteps, {"service.start_timeout: 6s"});

	service.SetSteps("open:0 open:1");
	service.Start();
	service.SetVersion(2);
	service.SetSteps("open:0 open:2 hang");
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service.StatusText("detail"),
		"the new version never bound " + Address(service, 1) + ", it bound " +
			Address(service, 2) + " instead (each version's own? service.private)");
	EXPECT_TRUE(Has(service.log(),
		"generation 2 is waited for: to accept on " + Address(service, 0) + ", to bind " +
			Address(service, 1)))
		<< service.log();
}

TEST(PrivateTest, MoreThanCanBeKept)
{
	Service service(Neighbours({"MORE=64"}));

	service.Start();
	ASSERT_TRUE(Eventually([&] { return Has(service.log(), "cannot keep"); })) << service.log();
	pid_t before = service.ProgramPid();
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service.StatusText("reason"), "too_many_listeners") << reload.err;
	EXPECT_TRUE(Has(reload.err, "service.private")) << reload.err;
	EXPECT_EQ(service.ProgramPid(), before);
}

} // namespace aet
