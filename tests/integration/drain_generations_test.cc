// Several old generations that drain at once: how many there may be, for how long, and who is cut
// first. drain_connections_test.cc has one of them.

#include <gtest/gtest.h>

#include <csignal>

#include "service.h"

namespace aet
{

constexpr int kMost = 4; // AET_DRAINING_MAX

static const Program kSteps = {"steps", {"{B}/steps"}, {"http://127.0.0.1:{P}/"}, {}, false};

class DrainGenerationsTest : public testing::Test
{
      protected:
	void Begin(const std::vector<std::string> &settings)
	{
		service_ = std::make_unique<Service>(kSteps, settings);
		service_->SetSteps("open:0");
		service_->Start();
		AskSlowly();
	}
	// A request in the serving generation whose answer has begun.
	void AskSlowly()
	{
		pids_.push_back(service_->ProgramPid());
		slow_.push_back(std::make_unique<Connection>(service_->urls()[0]));
		slow_.back()->Ask("/slow");
		EXPECT_TRUE(slow_.back()->Readable());
	}
	void SwapTo(int number)
	{
		service_->SetVersion(number);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_EQ(service_->Get().compare(0, 3, "v" + std::to_string(number) + " "), 0);
	}
	void Finish()
	{
		WriteFile(service_->directory() + "/finish", "");
	}
	void ExpectWhole(size_t i)
	{
		EXPECT_EQ(slow_[i]->Answer(),
			"v" + std::to_string(i + 1) + " " + std::to_string(pids_[i]) + "\n")
			<< service_->log();
	}

	std::unique_ptr<Service> service_;
	std::vector<std::unique_ptr<Connection>> slow_; // of generation 1, 2, ...
	std::vector<pid_t> pids_;
};

TEST_F(DrainGenerationsTest, ThreeOlderGenerationsFinish)
{
	Begin({"handoff.drain_timeout: 60s"});
	for (int number = 2; number <= 4; number++) {
		SwapTo(number);
		if (number < 4)
			AskSlowly();
	}
	nlohmann::json status = service_->Status();
	ASSERT_EQ(status["draining"].size(), 3u) << status;
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(status["draining"][i]["generation"], i + 1);
		EXPECT_EQ(status["draining"][i]["pid"], pids_[i]);
		EXPECT_EQ(status["draining"][i]["connections"], 1) << status;
	}
	EXPECT_EQ(status["connections"]["draining"], 3);
	EXPECT_EQ(status["state"], "running");
	EXPECT_EQ(status["generation"], 4);
	Finish();
	for (size_t i = 0; i < 3; i++)
		ExpectWhole(i);
	slow_.clear();
	for (pid_t pid : pids_)
		EXPECT_TRUE(Eventually([&] { return !StateOf(pid); })) << service_->log();
	EXPECT_TRUE(service_->Status()["draining"].empty());
}

TEST_F(DrainGenerationsTest, TheOldestIsCutFirst)
{
	Begin({"handoff.drain_timeout: 60s"});
	for (int number = 2; number <= kMost + 1; number++) {
		SwapTo(number);
		AskSlowly();
	}
	EXPECT_EQ(service_->Status()["draining"].size(), static_cast<size_t>(kMost));
	EXPECT_EQ(service_->log().find("is cut"), std::string::npos);
	SwapTo(kMost + 2);
	EXPECT_NE(service_->log().find("generation 1 still had 1 connections and is cut"),
		std::string::npos)
		<< service_->log();
	EXPECT_TRUE(
		Eventually([&] { return service_->Status()["draining"].size() == size_t(kMost); }));
	EXPECT_EQ(service_->Status()["draining"][0]["generation"], 2);
	EXPECT_EQ(slow_[0]->Answer(), "") << "it was not cut";
	Finish();
	for (size_t i = 1; i <= kMost; i++)
		ExpectWhole(i);
}

// A version that does not come up costs nobody a connection but the oldest generation.
TEST_F(DrainGenerationsTest, DrainingGoesOnThroughARollback)
{
	Begin({"handoff.drain_timeout: 60s", "service.start_timeout: 500ms"});
	SwapTo(2);
	AskSlowly();
	service_->SetVersion(3);
	for (const char *steps : {"exit:1", "open:0 hang", "hang"}) {
		service_->SetSteps(steps);
		EXPECT_EQ(service_->Reload().code, 1);
		EXPECT_EQ(service_->Status()["draining"].size(), 1u) << service_->log();
	}
	service_->SetSteps("open:0");
	SwapTo(3);
	EXPECT_EQ(service_->Status()["draining"].size(), 2u) << service_->log();
	Finish();
	ExpectWhole(0);
	ExpectWhole(1);
}

// An answer under way is waited for up to drain_timeout, and is not cut before stop_timeout more.
TEST_F(DrainGenerationsTest, DrainTimeoutIsKept)
{
	Begin({"handoff.drain_timeout: 1500ms", "service.stop_timeout: 1s",
		"service.ready_after: 100ms"});
	auto start = std::chrono::steady_clock::now();
	SwapTo(2);
	EXPECT_TRUE(Eventually([&] { return !StateOf(pids_[0]); }));
	auto took =
		std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
	EXPECT_GE(took.count(), 1500 + 1000);
	EXPECT_LT(took.count(), 6000);
	EXPECT_NE(service_->log().find("generation 1 is retired: drain_timeout is up"),
		std::string::npos);
	EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0);
}

TEST_F(DrainGenerationsTest, HupsWhileOlderGenerationsDrain)
{
	Begin({"handoff.drain_timeout: 60s"});
	for (int number = 2; number <= 3; number++) {
		service_->SetVersion(number);
		service_->launcher().Signal(SIGHUP);
		EXPECT_TRUE(Eventually(
			[&] { return service_->Status()["swaps"]["committed"] == number - 1; }));
	}
	for (int i = 0; i < 20; i++)
		service_->launcher().Signal(SIGHUP);
	EXPECT_TRUE(Eventually([&] {
		return service_->Status()["swaps"]["committed"] >= 3 &&
			service_->Status()["state"] == "running";
	}));
	nlohmann::json status = service_->Status();
	EXPECT_LE(status["draining"].size(), static_cast<size_t>(kMost));
	EXPECT_EQ(status["swaps"]["rolled_back"], 0);
	if (status["draining"][0]["generation"] == 1) {
		Finish();
		ExpectWhole(0);
	} else {
		EXPECT_NE(service_->log().find("generation 1 still had 1"), std::string::npos);
	}
	EXPECT_EQ(service_->Get().compare(0, 3, "v3 "), 0);
}

// The stop of the service ends the older generations, too.
TEST_F(DrainGenerationsTest, StopEndsThemAll)
{
	Begin({"handoff.drain_timeout: 60s"});
	SwapTo(2);
	AskSlowly();
	SwapTo(3);
	EXPECT_EQ(service_->Stop(), 128 + SIGTERM);
	for (pid_t pid : pids_)
		EXPECT_FALSE(StateOf(pid));
}

} // namespace aet
