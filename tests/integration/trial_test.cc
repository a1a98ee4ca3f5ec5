// A new version that listens before it can answer, and ends: one connection goes ahead of the others,
// and is the only one that may be lost.

#include <gtest/gtest.h>

#include <csignal>

#include "service.h"

namespace aet
{

struct Waits {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> env;
};

static const Waits kPrograms[] = {{"epoll", {"{B}/epoll"}, {}}, {"threaded", {"{B}/threaded"}, {}},
	{"poll", {"{B}/acceptors"}, {"SHAPE=poll"}}, {"oneshot", {"{B}/loops"}, {"WAIT=oneshot"}}};

class TrialTest : public testing::TestWithParam<Waits>
{
      protected:
	static constexpr int kClients = 30;

	void Begin(const std::string &fault)
	{
		const Waits &waits = GetParam();

		service_ = std::make_unique<Service>(Program{
			waits.name, waits.command, {"http://127.0.0.1:{P}/"}, waits.env, false});
		service_->Start();
		for (int i = 0; i < kClients; i++)
			clients_.push_back(std::make_unique<Connection>(service_->urls()[0]));
		EXPECT_EQ(AskAll(), 0);
		service_->SetVersion(2);
		service_->SetFault(fault);
	}
	// All ask, then all are heard; those without an answer are left out from then on.
	int AskAll()
	{
		std::vector<std::unique_ptr<Connection>> kept;
		int lost = static_cast<int>(clients_.size());

		for (auto &client : clients_)
			client->Ask();
		for (auto &client : clients_)
			if (!client->Answer().empty())
				kept.push_back(std::move(client));
		clients_ = std::move(kept);
		return lost - static_cast<int>(clients_.size());
	}
	bool ServesAgain(const Service &service) const
	{
		nlohmann::json status = service.Status();

		return status.is_object() && status["generation"] == 1 &&
			status["state"] == "running" && status["swaps"]["rolled_back"] == 1;
	}

	std::unique_ptr<Service> service_;
	std::vector<std::unique_ptr<Connection>> clients_;
};

TEST_P(TrialTest, OneIsLostToAVersionThatEndsAtItsFirstRequest)
{
	int lost = 0;

	Begin("die_on_first_request");
	Process reload = service_->ReloadMeanwhile();
	for (bool again = false; !again; again = ServesAgain(*service_))
		lost += AskAll();
	(void)reload.Wait();
	lost += AskAll();
	EXPECT_EQ(lost, 1) << service_->log();
	EXPECT_GE(service_->Stop(), 0);
}

// While they are silent there is none that could go ahead.
TEST_P(TrialTest, NoneIsLostToAVersionThatEndsBeforeAnyAsks)
{
	Begin("ends_after:0.2");
	(void)service_->Reload();
	EXPECT_TRUE(Eventually([&] { return ServesAgain(*service_); })) << service_->log();
	EXPECT_EQ(AskAll(), 0) << service_->log();
	EXPECT_EQ(static_cast<int>(clients_.size()), kClients);
	EXPECT_GE(service_->Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Programs, TrialTest, testing::ValuesIn(kPrograms),
	[](const auto &test) { return std::string(test.param.name); });

} // namespace aet
