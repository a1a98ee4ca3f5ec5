// Clients of examples/streaming_agent.py: answers that take long, compared byte for byte with what
// the agent has to say, and a relay of them that leaves no moment without one.
#ifndef AET_TESTS_STREAMING_CLIENTS_H
#define AET_TESTS_STREAMING_CLIENTS_H

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "load.h"

namespace aet
{

// What became of one question.
struct Told {
	int turn = 0; // 0: not a word came
	int pid = 0; // who told
	size_t tokens = 0; // that came
	bool whole = false; // all of it came, its end included
	bool exact = false; // so far as it came
	bool hung = false; // neither more nor an end came

	std::string Text() const;
};

// A question on a connection, and its answer as it comes. The connection outlives it.
class Stream
{
      public:
	explicit Stream(const Connection *connection, const std::string &path = "/chat");

	bool Began(); // its first event has come
	bool Reach(size_t tokens);
	Told Finish();
	size_t tokens() const // there will be
	{
		return tokens_;
	}
	int pid() const // who tells
	{
		return told_.pid;
	}

      private:
	void Await(size_t size);

	const Connection *connection_;
	Told told_;
	size_t tokens_ = 0;
	std::string got_;
	std::string expected_; // all of it, once the first event is there
	std::vector<size_t> ends_; // of each token's event in it
};

// The next question is asked when half of an answer is there: one is always open. The connections
// are kept from question to question; what is cut is asked for no more.
class Relay
{
      public:
	explicit Relay(const std::string &url); // returns when the first answer has begun
	Relay(const Relay &) = delete;
	Relay &operator=(const Relay &) = delete;
	~Relay();

	size_t Begun() const;
	// So many more have begun.
	bool More(size_t answers) const;
	// Asks no more, waits for what is under way: every question there was.
	std::vector<Told> Finish();
	int reopened() const
	{
		return reopened_;
	}

      private:
	bool Awaits(int own);
	void Talk(int own);

	std::string url_;
	mutable std::mutex lock_;
	std::vector<Told> told_;
	std::atomic<size_t> begun_{0};
	std::atomic<int> turn_{0};
	std::atomic<int> reopened_{0}; // connections, besides the first ones
	std::atomic<bool> over_{false};
	std::vector<std::thread> threads_;
};

} // namespace aet

#endif
