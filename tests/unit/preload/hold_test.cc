// A connection whose registration has no events while the generation is gated gets them back, however
// the decision and the threads of the program fall together.
#include "conn_record.h"
#include "library.h"

namespace aet
{

class HoldTest : public Library
{
      protected:
	HoldTest() : gated_(aet_word(AET_PHASE_GATED, 1, 2)), page_(MapPage(gated_))
	{
		aet_conns_begin();
		EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
		aet_conn_open(listener_.number(), ends_[0], 0);
		event_.events = EPOLLIN;
		EXPECT_EQ(epoll_ctl(epoll_, EPOLL_CTL_ADD, ends_[0], &event_), 0);
		EXPECT_EQ(send(ends_[1], "x", 1, 0), 1);
	}
	~HoldTest() override
	{
		close(ends_[0]);
		close(ends_[1]);
		close(epoll_);
	}
	bool IsReadable()
	{
		struct epoll_event event;

		return epoll_wait(epoll_, &event, 1, 0) == 1;
	}

	uint64_t gated_;
	struct aet_page *page_;
	Listener listener_;
	int epoll_ = epoll_create1(0);
	int ends_[2];
	struct epoll_event event_ = {};
};

TEST_F(HoldTest, IsQuietWhileGatedAndReadableOnceThatIsOver)
{
	aet_conn_quieten(ends_[0], conn_record(ends_[0]), gated_);
	EXPECT_FALSE(IsReadable());
	page_->word = aet_word(AET_PHASE_OPEN, 1, 0);
	Reconcile();
	EXPECT_TRUE(IsReadable());
}

// The thread read the word before the swap was undone, and everything is rearmed already.
TEST_F(HoldTest, ADecisionJustBeforeItLeavesItReadable)
{
	page_->word = aet_word(AET_PHASE_OPEN, 1, 0);
	Reconcile();
	aet_conn_quieten(ends_[0], conn_record(ends_[0]), gated_);
	EXPECT_TRUE(IsReadable());
}

} // namespace aet
