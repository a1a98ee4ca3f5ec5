// The phase word: who does what under every word, and that of two who decide at once one wins.
#include "library.h"

#include <sched.h>

namespace aet
{

constexpr uint32_t kLast = 0xfffffff; // a generation has 28 bits

TEST(Phase, EveryFieldKeepsItsBits)
{
	for (aet_phase phase :
		{AET_PHASE_OPEN, AET_PHASE_GATED, AET_PHASE_LOADING, AET_PHASE_YIELD})
		for (uint32_t serving : {1u, 2u, 255u, 256u, kLast - 1, kLast})
			for (uint32_t candidate : {0u, 1u, 2u, kLast}) {
				uint64_t word = aet_word(phase, serving, candidate);

				EXPECT_EQ(aet_word_phase(word), phase);
				EXPECT_EQ(aet_word_serving(word), serving);
				EXPECT_EQ(aet_word_candidate(word), candidate);
			}
}

TEST(Phase, RoleOfEveryGeneration)
{
	struct {
		aet_phase phase;
		uint32_t serving;
		uint32_t candidate;
		enum aet_role roles[5]; // of generations 1 to 5
	} rows[] = {
		{AET_PHASE_OPEN, 3, 0,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_SERVE, AET_ROLE_ABORTED,
				AET_ROLE_ABORTED}},
		{AET_PHASE_OPEN, 3, 4,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_SERVE, AET_ROLE_PARK,
				AET_ROLE_ABORTED}},
		{AET_PHASE_GATED, 3, 4,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_HOLD, AET_ROLE_PARK,
				AET_ROLE_ABORTED}},
		{AET_PHASE_GATED, 3, 0,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_HOLD, AET_ROLE_ABORTED,
				AET_ROLE_ABORTED}},
		{AET_PHASE_OPEN, 2, 5,
			{AET_ROLE_DRAIN, AET_ROLE_SERVE, AET_ROLE_ABORTED, AET_ROLE_ABORTED,
				AET_ROLE_PARK}},
		{AET_PHASE_GATED, 2, 5,
			{AET_ROLE_DRAIN, AET_ROLE_HOLD, AET_ROLE_ABORTED, AET_ROLE_ABORTED,
				AET_ROLE_PARK}},
		{AET_PHASE_OPEN, 5, 2,
			{AET_ROLE_DRAIN, AET_ROLE_PARK, AET_ROLE_DRAIN, AET_ROLE_DRAIN,
				AET_ROLE_SERVE}},
		{AET_PHASE_GATED, 1, 2,
			{AET_ROLE_HOLD, AET_ROLE_PARK, AET_ROLE_ABORTED, AET_ROLE_ABORTED,
				AET_ROLE_ABORTED}},
		{AET_PHASE_LOADING, 3, 0,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_PARK, AET_ROLE_ABORTED,
				AET_ROLE_ABORTED}},
		{AET_PHASE_YIELD, 3, 4,
			{AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_DRAIN, AET_ROLE_PARK,
				AET_ROLE_ABORTED}},
	};

	for (const auto &row : rows)
		for (uint32_t generation = 1; generation <= 5; generation++)
			EXPECT_EQ(aet_word_role(aet_word(row.phase, row.serving, row.candidate),
					  generation),
				row.roles[generation - 1])
				<< row.phase << " " << row.serving << " " << row.candidate << " "
				<< generation;
}

TEST(Phase, OneGenerationServesOrIsHeldUnderEveryWord)
{
	for (aet_phase phase : {AET_PHASE_OPEN, AET_PHASE_GATED})
		for (uint32_t serving = 1; serving <= 6; serving++)
			for (uint32_t candidate = 0; candidate <= 6; candidate++) {
				uint64_t word = aet_word(phase, serving, candidate);
				int in_charge = 0;

				for (uint32_t generation = 1; generation <= 6; generation++) {
					enum aet_role role = aet_word_role(word, generation);

					in_charge +=
						role == AET_ROLE_SERVE || role == AET_ROLE_HOLD;
				}
				EXPECT_EQ(in_charge, 1) << word;
			}
}

TEST(Phase, AbortUndoesTheUndecidedAndLeavesTheDecided)
{
	aet_page page = {};

	for (aet_phase phase :
		{AET_PHASE_OPEN, AET_PHASE_GATED, AET_PHASE_LOADING, AET_PHASE_YIELD}) {
		page.word = aet_word(phase, 7, 8);
		EXPECT_EQ(aet_page_abort(&page), aet_word(AET_PHASE_OPEN, 7, 0));
		EXPECT_EQ(page.word, aet_word(AET_PHASE_OPEN, 7, 0));
		EXPECT_EQ(aet_page_abort(&page), aet_word(AET_PHASE_OPEN, 7, 0));
	}
	page.word = aet_word(AET_PHASE_OPEN, 8, 0);
	EXPECT_EQ(aet_page_abort(&page), aet_word(AET_PHASE_OPEN, 8, 0));
	// Alone, and still without the state that is kept: it serves without.
	page.word = aet_word(AET_PHASE_LOADING, 8, 0);
	EXPECT_EQ(aet_page_abort(&page), aet_word(AET_PHASE_OPEN, 8, 0));
	page.word = aet_word(AET_PHASE_GATED, kLast, kLast - 1);
	EXPECT_EQ(aet_page_abort(&page), aet_word(AET_PHASE_OPEN, kLast, 0));
}

// The launcher's commit (launcher/swap/swap.c) against processes that have noticed its death. Everybody
// starts a round at one signal, each a little later than the others by turns.
class Contest
{
      public:
	Contest(int aborters, int rounds) : rounds_(rounds), seen_(aborters)
	{
	}
	void Run()
	{
		std::vector<std::thread> threads;

		for (size_t i = 0; i < seen_.size(); i++)
			threads.emplace_back([this, i] { Abort(i); });
		for (int round = 1; round <= rounds_; round++)
			Commit(round);
		for (std::thread &thread : threads)
			thread.join();
	}
	int committed = 0;
	int wrong = 0;

      private:
	static void Wait(const std::atomic<int> &counter, int value)
	{
		for (int i = 1; counter != value; i++)
			if (i % 256 == 0)
				sched_yield();
	}
	static void Delay(int turns)
	{
		for (volatile int i = 0; i < turns; i = i + 1)
			continue;
	}
	void Commit(int round)
	{
		int aborters = static_cast<int>(seen_.size());
		uint64_t gated = aet_word(AET_PHASE_GATED, 1, 2);
		uint64_t decided = aet_word(AET_PHASE_OPEN, 2, 0);
		uint64_t undone = aet_word(AET_PHASE_OPEN, 1, 0);

		Wait(waiting_, round * aborters);
		page_.word = gated;
		start_ = round;
		if (round % 16 == 0) // whatever shares whose processor: here somebody was first
			while (done_ == (round - 1) * aborters)
				sched_yield();
		Delay(round % 1021);
		bool won = page_.word.compare_exchange_strong(gated, decided);
		Wait(done_, round * aborters);
		uint64_t stands = page_.word;
		committed += won;
		wrong += stands != (won ? decided : undone);
		for (uint64_t seen : seen_)
			wrong += seen != stands;
	}
	void Abort(size_t i)
	{
		for (int round = 1; round <= rounds_; round++) {
			waiting_++;
			Wait(start_, round);
			Delay(round % 7 * static_cast<int>(i + 1));
			seen_[i] = aet_page_abort(&page_);
			done_++;
		}
	}

	int rounds_;
	aet_page page_ = {};
	std::atomic<int> start_{0};
	std::atomic<int> waiting_{0};
	std::atomic<int> done_{0};
	std::vector<uint64_t> seen_;
};

TEST(Phase, OfCommitAndAbortOneWinsAndAllSeeIt)
{
	for (int aborters : {1, 3}) {
		int rounds = aborters == 1 ? 200000 : 20000;
		Contest contest(aborters, rounds);

		contest.Run();
		EXPECT_EQ(contest.wrong, 0);
		EXPECT_GT(contest.committed, 0);
		EXPECT_LT(contest.committed, rounds);
	}
}

} // namespace aet
