// What the framing tracker knows does not depend on the pieces in which the bytes came: byte by byte,
// where each line is collected and read step by step, or many lines at once, where they are read in
// place sixteen bytes at a time. Everything it knows is compared at every border of a piece.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>

#include "http_heads.h"
#include "http_tracker.h"

namespace aet
{

using TrackerPointer = std::unique_ptr<tracker, void (*)(tracker *)>;

static TrackerPointer NewTracker()
{
	return {tracker_new(), tracker_free};
}

static void Feed(tracker *tracker, bool is_request, const char *bytes, size_t length)
{
	(is_request ? tracker_request : tracker_answer)(tracker, bytes, length);
}

class HttpPieces : public testing::Test
{
      protected:
	void Check(HttpHeads *heads, const Conversation &talk)
	{
		static const unsigned kMost[] = {4000, 300, 40, 17};
		const unsigned most = kMost[heads->Draw(4)];

		for (tracker *one : {bytes_.get(), pieces_.get(), whole_.get()})
			tracker_reset(one);
		for (const Piece &part : talk.pieces) {
			for (size_t at = 0; at < part.bytes.size();) {
				size_t size = std::min<size_t>(
					1 + heads->Draw(most), part.bytes.size() - at);

				Feed(pieces_.get(), part.is_request, &part.bytes[at], size);
				for (size_t end = at + size; at < end; at++)
					Feed(bytes_.get(), part.is_request, &part.bytes[at], 1);
				ASSERT_TRUE(tracker_same(pieces_.get(), bytes_.get()))
					<< "pieces up to " << most << ", after " << at
					<< " bytes of " << testing::PrintToString(part.bytes);
			}
			Feed(whole_.get(), part.is_request, part.bytes.data(), part.bytes.size());
			ASSERT_TRUE(tracker_same(whole_.get(), bytes_.get()))
				<< "all at once: " << testing::PrintToString(part.bytes);
		}
		(tracker_verdict(whole_.get()).lost ? lost_ : followed_)++;
	}

	TrackerPointer bytes_ = NewTracker();
	TrackerPointer pieces_ = NewTracker();
	TrackerPointer whole_ = NewTracker();
	unsigned long lost_ = 0;
	unsigned long followed_ = 0;
};

static unsigned long Number(const char *variable, unsigned long otherwise)
{
	const char *value = getenv(variable);

	return value ? strtoul(value, nullptr, 10) : otherwise;
}

TEST_F(HttpPieces, DoNotMatter)
{
	const unsigned long cases = Number("HTTP_FUZZ_CASES", 100000) / 2;
	const auto seed = static_cast<unsigned>(Number("HTTP_FUZZ_SEED", 1));
	HttpHeads heads(seed);
	HttpForms forms(seed);

	for (unsigned long i = 0; i < cases && !HasFatalFailure(); i++)
		Check(&heads, i % 8 ? heads.Next() : forms.Next());
	std::cout << cases << " conversations in pieces, followed to the end: " << followed_
		  << ", lost: " << lost_ << "\n";
	EXPECT_GT(followed_, cases / 5);
	EXPECT_GT(lost_, cases / 5);
}

} // namespace aet
