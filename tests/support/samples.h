// Every request of a load, as its raw file tells them, held against the swaps that went on.
#ifndef AET_TESTS_SAMPLES_H
#define AET_TESTS_SAMPLES_H

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace aet
{

// On the clock of the load client's report.
long long Now();

struct Sample {
	long long scheduled_ns;
	long long latency_us;
	bool fresh; // on a connection of its own
	bool connected; // whatever came of it
	std::string kind; // ok, late, reset, ...
	std::string version; // of the answer; empty: there was none
};

std::vector<Sample> Samples(const std::string &raw, const nlohmann::json &report);

// When `reload` was asked for the version, and when it had returned.
struct Swapped {
	std::string version;
	long long asked_ns;
	long long done_ns;
	long long gated_ns; // as far as the launcher's own times tell
};

// Requests that failed after that instant, a line each. What a busy machine dropped before the first
// swap, when the program's own backlog counted, was the program's own doing: the client's report
// tells it, and it is not held against the swap.
std::string FailedSince(const std::vector<Sample> &samples, long long start_ns);

// How many of those were on new connections.
int NewFailedSince(const std::vector<Sample> &samples, long long start_ns);

// Requests sent after a `reload` had returned and not answered by the version it brought, or by a
// later one: a line each. The versions have to be named v2, v3, ...
std::string AnsweredByOlder(const std::vector<Sample> &samples, const std::vector<Swapped> &swaps);

// The longest a request took that was sent in that time.
double WorstMs(const std::vector<Sample> &samples, long long from_ns, long long to_ns);

// Requests under way at that instant.
int UnderWay(const std::vector<Sample> &samples, long long at_ns);

} // namespace aet

#endif
