// What a program says of its work in flight: detached() does not hold a dump up, and hides nothing
// that does; busy() holds it. With examples/streaming_agent.py in one thread, and with
// tests/programs/counter.c in many. The count itself: in_flight_count_test.cc.

#include "streaming_agent.h"

namespace aet
{

using DetachedTest = AgentTest;

TEST_F(DetachedTest, AStreamThatOnlyTellsHoldsNoSwapUp)
{
	BeginWithModule({}, {"STREAM_S=2"});
	Count();
	Connection connection(url());
	Stream stream(&connection, "/prepared");
	ASSERT_TRUE(stream.Began());
	int second = SwapNow();
	// It was in flight at the dump, and is now, if others are or not.
	EXPECT_GE(InFlight(), 1);
	EXPECT_TRUE(Logged("1 requests in flight touch the state no more: generation 1 finishes"));
	EXPECT_EQ(Last()["answers_drained"], 0) << Last();
	EXPECT_EQ(History()["answered"], 1) << "it was decided before";
	ExpectWhole(stream.Finish(), first_);
	ExpectNext(connection, second);
	ExpectExact();
}

TEST_F(DetachedTest, TheOtherBesideItIsWaitedFor)
{
	BeginWithModule(ShortWaits("rollback"), {"STREAM_S=2"});
	Connection one(url());
	Connection other(url());
	Stream prepared(&one, "/prepared");
	Stream chat(&other);
	ASSERT_TRUE(prepared.Began() && chat.Began());
	ExpectUndone("busy", "1 requests were in flight");
	ExpectWhole(prepared.Finish(), first_);
	ExpectWhole(chat.Finish(), first_);
	EXPECT_EQ(History()["answered"], 2);
}

// The program stands still for good, whatever it does.
TEST_F(DetachedTest, CloseCutsItWithTheOther)
{
	BeginWithModule(ShortWaits("close"), {"STREAM_S=2"});
	Connection one(url());
	Connection other(url());
	Stream prepared(&one, "/prepared");
	Stream chat(&other);
	ASSERT_TRUE(prepared.Began() && chat.Began());
	SwapNow();
	EXPECT_EQ(Last()["answers_cut"], 2) << Last();
	EXPECT_FALSE(prepared.Finish().whole);
	EXPECT_FALSE(chat.Finish().whole);
	EXPECT_EQ(History()["answered"], 1);
}

// The one who listened is gone, and the agent notices at its next token: until then it seems to be
// detached still, and the other one must not be taken for it.
TEST_F(DetachedTest, AStreamThatIsLeftHidesNoOther)
{
	BeginWithModule(ShortWaits("rollback"), {"STREAM_S=3", "TOKENS=2"});
	Connection left(url());
	Connection other(url());
	Stream prepared(&left, "/prepared");
	Stream chat(&other);
	ASSERT_TRUE(prepared.Began() && chat.Began());
	left.Reset();
	EXPECT_TRUE(Eventually([&] { return InFlight() == 1; }));
	ExpectUndone("busy", "1 requests were in flight");
	ExpectWhole(chat.Finish(), first_);
	SwapNow();
	EXPECT_EQ(History()["answered"], 2);
}

TEST_F(DetachedTest, WorkThatIsNoRequestHoldsTheDump)
{
	BeginWithModule({}, {"STREAM_S=1.2"});
	Count();
	EXPECT_NE(service_->Get("/summary"), "");
	EXPECT_EQ(History()["summary"], nlohmann::json({1, 0}));
	SwapNow();
	EXPECT_EQ(History()["summary"], nlohmann::json({1, 1}));
	ExpectExact();
}

TEST_F(DetachedTest, WorkThatTakesTooLongIsBusyToo)
{
	BeginWithModule(ShortWaits("rollback"), {"STREAM_S=2"});
	EXPECT_NE(service_->Get("/summary"), "");
	ExpectUndone("busy", "1 requests were in flight");
	EXPECT_TRUE(Eventually([&] { return History()["summary"] == nlohmann::json({1, 1}); }));
	SwapNow();
	EXPECT_EQ(History()["summary"], nlohmann::json({1, 1}));
}

class DetachedThreadsTest : public CounterTest
{
      protected:
	void BeginThreads(const std::vector<std::string> &env)
	{
		std::vector<std::string> all = env;

		all.push_back("SHAPE=threads");
		Begin(all, {"service.ready_after: 100ms"});
	}
	void Ask(const Connection &connection, const std::string &path)
	{
		connection.Ask(path);
		EXPECT_TRUE(Eventually([&] {
			return service_->Status()["connections"]["in_flight"] == 1;
		})) << service_->Status();
	}
};

// The launcher saw a quiet moment; when the process comes to its dump, work may have begun.
TEST_F(DetachedThreadsTest, WorkBesideItIsNotCutInTwo)
{
	BeginThreads({"WORK=1"});
	for (int i = 1; i <= 5; i++) {
		Connection connection(service_->urls()[0]);

		Ask(connection, "/detached/700");
		Swap();
		EXPECT_EQ(connection.Answer(),
			"v" + std::to_string(i) + " " + std::to_string(i) + "\n")
			<< service_->log();
	}
}

// The thread is in its write, as the client does not read.
TEST_F(DetachedThreadsTest, ASlowClientHoldsNoSwapUp)
{
	const size_t size = 64u << 20;

	BeginThreads({});
	Connection slow(service_->urls()[0]);
	Ask(slow, "/detached/0/" + std::to_string(size));
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	std::string answer = slow.Answer(kLong);
	EXPECT_EQ(answer.size(), size) << service_->log();
	EXPECT_EQ(answer.compare(0, 5, "v1 1\n"), 0);
	EXPECT_EQ(answer.find_first_not_of('.', 5), std::string::npos);
}

} // namespace aet
