// What two sides say, how the framing tracker takes it, and the proof that the pieces in which it
// comes do not matter: every conversation is fed byte by byte and cut in two at every position.
#ifndef AET_TESTS_HTTP_TALK_H
#define AET_TESTS_HTTP_TALK_H

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "http_tracker.h"

inline const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
inline const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "5\r\nhello\r\nB;a=b\r\nhello again\r\n0\r\n\r\n";

// What one side says at once; `<` answers, `>` requests.
struct Part {
	char side;
	std::string bytes;
};
using Talk = std::vector<Part>;

inline Part Ask(const std::string &bytes)
{
	return {'>', bytes};
}

inline Part Tell(const std::string &bytes)
{
	return {'<', bytes};
}

class Tracker
{
      public:
	Tracker() : tracker_(tracker_new(), tracker_free)
	{
	}
	Tracker &Feed(char side, const std::string &bytes)
	{
		if (side == '>')
			tracker_request(tracker_.get(), bytes.data(), bytes.size());
		else
			tracker_answer(tracker_.get(), bytes.data(), bytes.size());
		return *this;
	}
	Tracker &Unseen(uint64_t length)
	{
		tracker_unseen(tracker_.get(), length);
		return *this;
	}
	verdict Verdict() const
	{
		return tracker_verdict(tracker_.get());
	}
	std::string Word() const
	{
		verdict v = Verdict();

		if (v.lost)
			return "lost";
		return v.closing ? "closing" : v.idle ? "idle" : "busy";
	}

      private:
	std::unique_ptr<tracker, void (*)(tracker *)> tracker_;
};

// The verdict after every byte, the bytes fed one by one.
inline std::vector<std::string> Words(const Talk &talk)
{
	std::vector<std::string> words;
	Tracker tracker;

	for (const Part &part : talk)
		for (char c : part.bytes)
			words.push_back(tracker.Feed(part.side, std::string(1, c)).Word());
	return words;
}

// Each part in two pieces, the first of `size` bytes: at every border of a piece the verdict is
// the one that the single bytes led to.
inline void ExpectSameInTwo(const Talk &talk, size_t size, const std::vector<std::string> &words)
{
	Tracker tracker;
	size_t fed = 0;

	for (const Part &part : talk) {
		size_t first = std::min(size, part.bytes.size());

		for (const std::string &piece :
			{part.bytes.substr(0, first), part.bytes.substr(first)}) {
			if (piece.empty())
				continue;
			fed += piece.size();
			tracker.Feed(part.side, piece);
			ASSERT_EQ(tracker.Word(), words[fed - 1])
				<< "first piece " << size << ", byte " << fed << " of\n"
				<< part.bytes;
		}
	}
}

// The verdict at the end; in between it is never idle but where a part begins.
inline std::string WordAfter(const Talk &talk)
{
	std::vector<std::string> words = Words(talk);
	size_t longest = 0;
	size_t fed = 0;

	for (const Part &part : talk) {
		for (size_t i = 0; i + 1 < part.bytes.size(); i++)
			EXPECT_NE(words[fed + i], "idle") << "byte " << i << " of\n" << part.bytes;
		fed += part.bytes.size();
		longest = std::max(longest, part.bytes.size());
	}
	for (size_t size = 1; size <= longest; size++)
		ExpectSameInTwo(talk, size, words);
	return words.back();
}

inline std::string Get(const std::string &header)
{
	return "GET / HTTP/1.1\r\n" + header + "\r\n\r\n";
}

inline std::string Post(const std::string &header, const std::string &body)
{
	return "POST /form HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n" + body;
}

inline std::string Answer(const std::string &line, const std::string &header = "")
{
	return line + "\r\n" + (header.empty() ? "" : header + "\r\n") + "\r\n";
}

#endif
