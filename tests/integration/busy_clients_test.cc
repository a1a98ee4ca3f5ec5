// Clients that send their next request at once: there is never an idle moment, and still every
// connection moves at each of twenty swaps. migrate_programs_test.cc has clients that pause;
// on_busy_test.cc has requests that never end in time.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "samples.h"
#include "service.h"

namespace aet
{

constexpr int kConnections = 16;
constexpr int kSwaps = 20;
constexpr Milliseconds kDeadline{1000};

class BusyClientsTest : public testing::TestWithParam<std::string>
{
      protected:
	void SetUp() override
	{
		service_ = std::make_unique<Service>(ProgramNamed(GetParam()),
			std::vector<std::string>{"service.ready_after: 100ms"});
		service_->Start();
		for (int i = 0; i < kConnections; i++)
			clients_.emplace_back([this] { Talk(); });
	}
	void TearDown() override
	{
		End();
	}
	void End()
	{
		over_ = true;
		for (std::thread &client : clients_)
			client.join();
		clients_.clear();
	}
	void Talk()
	{
		Connection connection(service_->urls()[0]);

		while (!over_) {
			int oldest = version_;
			long long sent = Now();

			connection.Ask();
			std::string body = connection.Answer(kDeadline);
			long long took_ms = (Now() - sent) / 1000000;
			answered_++;
			if (body.empty() || took_ms > kDeadline.count()) {
				lost_++;
				return;
			}
			if (atoi(&body[1]) < oldest)
				old_++;
		}
	}

	std::unique_ptr<Service> service_;
	std::vector<std::thread> clients_;
	std::atomic<bool> over_{false};
	std::atomic<int> version_{1}; // that a `reload` has brought
	std::atomic<int> answered_{0};
	std::atomic<int> lost_{0};
	std::atomic<int> old_{0}; // answered by an older version than that
};

TEST_P(BusyClientsTest, NothingIsLostOverTwentySwaps)
{
	EXPECT_TRUE(Eventually([this] { return answered_ > 10 * kConnections; }));
	for (int number = 2; number <= kSwaps + 1; number++) {
		service_->SetVersion(number);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		version_ = number;
		EXPECT_GE(service_->Status()["last_swap"]["connections_moved"], kConnections)
			<< number;
	}
	int before = answered_;
	EXPECT_TRUE(Eventually([&] { return answered_ > before + 10 * kConnections; }));
	End();
	EXPECT_EQ(lost_, 0) << service_->log();
	EXPECT_EQ(old_, 0);
	EXPECT_EQ(service_->Status()["swaps"]["committed"], kSwaps);
}

INSTANTIATE_TEST_SUITE_P(
	Programs, BusyClientsTest, testing::Values("epoll", "threaded", "asyncio"));

} // namespace aet
