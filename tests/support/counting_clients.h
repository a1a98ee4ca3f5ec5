// Clients of a program whose answers are "<version> <number>" (tests/programs/counter.c): some keep
// their connection and ask now and then, others come anew all the time. All numbers together have to
// be first..last, each of them once: what is missing was forgotten, what comes twice was forked.
#ifndef AET_TESTS_COUNTING_CLIENTS_H
#define AET_TESTS_COUNTING_CLIENTS_H

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "process.h"

namespace aet
{

struct CountingShape {
	int kept = 16; // keep-alive clients
	double per_second = 200; // new connections
	bool raw = false; // a line in, a line out; who is closed comes again
	double gap_ms = 50; // between an answer and the next question, on average
};

struct Tally {
	std::vector<std::string> failures; // questions without an answer, connections refused
	size_t answers = 0;
	size_t late = 0; // later than a second
	size_t repeated = 0;
	size_t missing = 0;
	size_t back = 0; // answers with a smaller number than one before on the same connection
	size_t reopened = 0; // connections of keep-alive clients, besides the first
	unsigned long first = 0;
	unsigned long last = 0;
	double slowest_ms = 0;
	std::map<std::string, size_t> versions; // answers of each

	std::string Text() const;
};

class Counting
{
      public:
	// Returns when every keep-alive client has had an answer.
	explicit Counting(int port, const CountingShape &shape = {});
	Counting(const Counting &) = delete;
	Counting &operator=(const Counting &) = delete;
	~Counting();

	size_t Answers() const;
	unsigned long Last() const; // the largest number so far
	// So many answers more have come.
	bool More(size_t answers, Milliseconds deadline = kLong) const;
	// Keep-alive clients have come again so many times, all together.
	bool Reopened(size_t times, Milliseconds deadline = kLong) const;
	bool SawVersion(const std::string &version, Milliseconds deadline = kLong) const;
	// Ends the clients, each after its answer.
	Tally Finish();

      private:
	struct Asker;

	void Keep(int client);
	void Open(int opener);
	bool Ask(Asker *asker);
	void Fail(const std::string &what);
	void Pause(double ms) const;

	int port_;
	CountingShape shape_;
	mutable std::mutex lock_;
	Tally tally_;
	std::vector<unsigned long> numbers_;
	std::atomic<bool> over_{false};
	std::atomic<int> established_{0};
	std::vector<std::thread> threads_;
};

} // namespace aet

#endif
