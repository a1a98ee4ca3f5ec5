// A state that arrives damaged undoes the swap, whatever wrote it and however it travels: a byte that
// is another one, in every part of it; a stream that breaks off, that brings more than it says, or
// less; a writer that dies half-way. The old version answers on, over the same connections.

#include <array>

#include "state_faults.h"

namespace aet
{

class DamageTest : public FaultTest
{
      protected:
	// Each undoes a swap with this word and these words; the next one goes well.
	void ExpectAllUndone(const std::vector<std::array<const char *, 3>> &cases)
	{
		for (const auto &one : cases) {
			SCOPED_TRACE(one[0]);
			Tamper(one[0]);
			ExpectUndone(one[1], one[2]);
		}
		Tamper("");
		ExpectGoodSwapAndExact();
		EXPECT_EQ(service_->Status()["swaps"]["rolled_back"], cases.size());
	}
};

TEST_P(DamageTest, AnotherByteInEveryPart)
{
	std::vector<std::array<const char *, 3>> cases = {
		{"flip header", "state_corrupt", "the checksum of its header is wrong"},
		{"flip commit", "state_corrupt", "the checksum of its commit record is wrong"},
		{"flip toc", "state_corrupt", "the checksum of its table of contents is wrong"}};

	BeginCounting();
	if (GetParam().IsPython()) {
		cases.push_back({"flip 0", "state_corrupt", "JSON 'hook' is wrong"});
		cases.push_back({"flip 1", "state_corrupt", "the checksum of PICKLE 'python'"});
		cases.push_back({"flip 2", "state_corrupt", "part of PICKLE 'python' is wrong"});
		cases.push_back({"flip file0", "state_corrupt", "arena vectors: the checksum"});
	} else if (GetParam().IsPipe()) {
		cases.push_back({"flip 0", "state_corrupt", "the checksum of a section is wrong"});
	} else {
		cases.push_back({"flip file0", "state_corrupt", "the hook's file is wrong"});
	}
	ExpectAllUndone(cases);
}

TEST_P(DamageTest, TornAndOfAnotherLength)
{
	std::vector<std::array<const char *, 3>> cases = {
		{"cut", "state_corrupt", "not written to its end"},
		{"longer", "state_corrupt", "not written to its end"},
		{"die", "dump_failed", "ended by a signal"}};

	BeginCounting();
	if (GetParam().IsPipe()) {
		cases.push_back({"more", "state_corrupt", "more bytes than it says"});
		cases.push_back({"shorter", "state_corrupt", "more bytes than it says"});
	} else {
		cases.push_back({"shorter", "state_corrupt", "table of contents lies outside"});
	}
	ExpectAllUndone(cases);
}

INSTANTIATE_TEST_SUITE_P(Writers, DamageTest, testing::ValuesIn(Writers()), WriterName);

} // namespace aet
