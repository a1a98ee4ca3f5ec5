// `status` counts the requests in flight, over all processes and threads, at any time. The count
// of detached requests: detached_test.cc, unit/preload/detached_count_test.cc.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "service.h"

namespace aet
{

constexpr int kInFlight = 24;

class InFlightCountTest : public testing::Test
{
      protected:
	void Begin(const std::string &workers)
	{
		service_ = std::make_unique<Service>(
			Program{"streams", {"{B}/streams"}, {"http://127.0.0.1:{P}/"},
				{"WORKERS=" + workers}, false},
			std::vector<std::string>{"service.ready_after: 100ms"});
		service_->Start();
		for (int i = 0; i < kInFlight; i++) {
			clients_.push_back(std::make_unique<Connection>(service_->urls()[0]));
			clients_.back()->Ask();
			EXPECT_EQ(clients_.back()->Answer().compare(0, 3, "v1 "), 0);
		}
	}
	void ExpectInFlight(int count)
	{
		EXPECT_TRUE(Eventually(
			[&] { return service_->Status()["connections"]["in_flight"] == count; },
			Milliseconds(5000)))
			<< count << " " << service_->Status();
		for (int i = 0; i < 3; i++)
			EXPECT_EQ(service_->Status()["connections"]["in_flight"], count);
	}
	void AskAll()
	{
		for (int i = 0; i < kInFlight; i++) {
			clients_[static_cast<size_t>(i)]->Ask("/events");
			EXPECT_TRUE(clients_[static_cast<size_t>(i)]->Readable());
		}
	}
	void Finish()
	{
		WriteFile(service_->directory() + "/finish", "");
	}

	std::unique_ptr<Service> service_;
	std::vector<std::unique_ptr<Connection>> clients_;
};

TEST_F(InFlightCountTest, OverProcessesAndThreads)
{
	for (const char *workers : {"1", "3"}) {
		SCOPED_TRACE(workers);
		clients_.clear();
		Begin(workers);
		ExpectInFlight(0);
		AskAll();
		ExpectInFlight(kInFlight);
		Finish();
		ExpectInFlight(0);
	}
}

TEST_F(InFlightCountTest, OverASwap)
{
	Begin("3");
	AskAll();
	service_->SetVersion(2);
	EXPECT_EQ(service_->Reload().code, 0);
	ExpectInFlight(kInFlight);
	{
		Connection fresh(service_->urls()[0]);
		fresh.Ask("/events");
		EXPECT_TRUE(fresh.Readable());
		ExpectInFlight(kInFlight + 1);
	}
	Finish();
	ExpectInFlight(0);
}

// Its requests are nobody's any more.
TEST_F(InFlightCountTest, AWorkerDies)
{
	Begin("3");
	AskAll();
	ExpectInFlight(kInFlight);
	std::vector<pid_t> workers = ChildrenOf(service_->ProgramPid());
	ASSERT_EQ(workers.size(), 2u);
	kill(workers[0], SIGKILL);
	int left = 0;
	EXPECT_TRUE(Eventually([&] { return StateOf(workers[0]) != 'S'; }));
	for (const auto &client : clients_) {
		std::string text = client->Receive(3000, Milliseconds(500));

		left += !client->Ended(Milliseconds(0));
	}
	EXPECT_LT(left, kInFlight);
	ExpectInFlight(left);
	// Nor of the next process that takes its place in the page.
	service_->SetVersion(2);
	EXPECT_EQ(service_->Reload().code, 0);
	ExpectInFlight(left);
	Finish();
	ExpectInFlight(0);
}

// It cannot be followed from then on: its requests are not counted, the one in flight included.
TEST_F(InFlightCountTest, AConnectionInTwoEpolls)
{
	Begin("1");
	clients_[0]->Ask("/watch");
	EXPECT_EQ(clients_[0]->Answer().compare(0, 3, "v1 "), 0);
	clients_[1]->Send("GE");
	ExpectInFlight(1);
}

TEST_F(InFlightCountTest, AHalfSentRequestCounts)
{
	Begin("1");
	clients_[0]->Send("POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
	clients_[1]->Send("GE");
	ExpectInFlight(2);
	clients_[1].reset();
	ExpectInFlight(1);
	clients_[0]->Send("cde\r\n0\r\n\r\n");
	ExpectInFlight(0);
}

} // namespace aet
