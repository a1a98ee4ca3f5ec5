// A client with many connections, each with numbered requests that are split at any byte, and the
// proof that every answer comes whole, once, in order, on a connection that never ends.
#ifndef AET_TESTS_FRAMING_CLIENT_H
#define AET_TESTS_FRAMING_CLIENT_H

#include <atomic>
#include <memory>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aet
{

// What the connections are in the middle of at one moment.
struct FramingState {
	int resting = 0; // nothing asked, nothing owed
	int asking = 0; // a request is half sent
	int waiting = 0; // sent, nothing of the answer has come
	int hearing = 0; // an answer is half there

	int total() const
	{
		return resting + asking + waiting + hearing;
	}
};

class FramingConnection;

class FramingClient
{
      public:
	FramingClient(const std::string &url, int connections, unsigned seed);
	FramingClient(const FramingClient &) = delete;
	FramingClient &operator=(const FramingClient &) = delete;
	~FramingClient();

	FramingState Now(); // of the connections that live
	// What is asked from now on is answered by this generation or a later one.
	void Expect(int generation)
	{
		floor_ = generation;
	}
	void Finish(); // no new requests; waits for the answers
	uint64_t answers() const
	{
		return answers_;
	}
	// Every connection that ended, or heard something else than its answers, or nothing.
	std::vector<std::string> Failures();

      private:
	void Run();
	bool Step();

	std::mutex mutex_;
	std::vector<std::unique_ptr<FramingConnection>> connections_;
	std::vector<std::string> failures_;
	std::atomic<uint64_t> answers_{0};
	std::atomic<int> floor_{0};
	std::atomic<bool> finish_{false};
	std::thread thread_;
};

} // namespace aet

#endif
