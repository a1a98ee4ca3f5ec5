// The count of requests that say they are detached is never more than there are, whoever loses a
// connection meanwhile: otherwise a dump would not wait for another. integration/detached_test.cc
// has programs that say it.
#include "library.h"

#include "aeterna/module.h"

extern "C" {
#include "core/busy.h"
}

namespace aet
{

class DetachedCount : public Library
{
      protected:
	void SetUp() override
	{
		aet_lib.slot = &MapPage(aet_word(AET_PHASE_OPEN, 1, 0))->slots[0];
		aet_busy_begin();
	}
	void TearDown() override
	{
		aet_busy_after_fork(); // as a process that has not joined
	}
	static uint32_t Busy()
	{
		return atomic_load(&aet_lib.slot->busy);
	}
	static uint32_t Count()
	{
		return atomic_load(&aet_lib.slot->detached);
	}
	// Nothing is left that a later one would be confounded with.
	static void ExpectFresh()
	{
		EXPECT_EQ(Count(), 0u);
		aeterna_detached(1);
		EXPECT_EQ(Count(), 1u);
		aeterna_detached(-1);
		EXPECT_EQ(Count(), 0u);
	}
};

// Threads that are the parent's alone never end in the child what they have begun.
TEST_F(DetachedCount, WorkOfOtherThreadsIsNotTheChilds)
{
	std::thread([] { aeterna_busy(1); }).join();
	aeterna_busy(2);
	aet_busy_after_fork();
	EXPECT_EQ(Busy(), 3u); // its parent's
	aet_lib.slot++;
	aet_busy_begin();
	EXPECT_EQ(Busy(), 2u);
	aeterna_busy(-2);
	EXPECT_EQ(Busy(), 0u);
}

TEST_F(DetachedCount, IsNotBelowZero)
{
	aeterna_detached(-1); // said so before the process joined
	ExpectFresh();
	aeterna_detached(2);
	aeterna_detached(-3);
	ExpectFresh();
}

TEST_F(DetachedCount, OfTheParentIsNotTheChilds)
{
	aeterna_detached(1);
	aet_busy_after_fork();
	aeterna_detached(-1);
	EXPECT_EQ(Count(), 1u); // it has no slot of its own yet
}

TEST_F(DetachedCount, OneThatIsLostIsTakenOffOnce)
{
	aeterna_detached(2);
	aet_busy_lost();
	EXPECT_EQ(Count(), 1u);
	aeterna_detached(-1); // it notices, or the other one is done: rather one too few
	EXPECT_EQ(Count(), 0u);
	aeterna_detached(-1);
	ExpectFresh();
}

TEST_F(DetachedCount, WhereNobodyIsThereIsNothingToTakeOff)
{
	aet_busy_lost();
	ExpectFresh();
	aeterna_detached(1);
	aet_busy_lost();
	aet_busy_lost(); // another one's
	EXPECT_EQ(Count(), 0u);
	aeterna_detached(-1);
	ExpectFresh();
}

TEST_F(DetachedCount, FromManyThreads)
{
	std::vector<std::thread> threads;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([] {
			for (int k = 0; k < 20000; k++) {
				aeterna_detached(1);
				aet_busy_lost();
				aeterna_detached(-1);
			}
		});
	for (int k = 0; k < 20000; k++)
		aet_busy_lost(); // nobody's
	for (std::thread &thread : threads)
		thread.join();
	ExpectFresh();
}

} // namespace aet
