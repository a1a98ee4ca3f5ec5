#include "counting_clients.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace aet
{

constexpr int kPatienceMs = 10000; // a late answer is counted as such, this one is a lost one
constexpr double kLateMs = 1000;
constexpr int kOpeners = 8; // a swap makes one wait, and the others still come

using Clock = std::chrono::steady_clock;

static double Since(Clock::time_point start)
{
	return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// One connection, or none.
struct Counting::Asker {
	int fd = -1;
	unsigned long last = 0;

	Asker() = default;
	Asker(const Asker &) = delete;
	Asker &operator=(const Asker &) = delete;
	~Asker()
	{
		Hang();
	}
	void Hang()
	{
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	bool Dial(int port)
	{
		sockaddr_in address = {};
		int yes = 1;

		Hang();
		last = 0;
		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.sin_port = htons(static_cast<uint16_t>(port));
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		return connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0;
	}
	// Closed by the other side while nothing was asked.
	bool IsClosed() const
	{
		char byte;

		return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	}
	// The line of the answer; *ret_error: why there is none.
	std::string Talk(bool raw, std::string *ret_error) const
	{
		const std::string question = raw ? "x\n" : "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
		const std::string mark = raw ? "" : "\r\n\r\n";
		std::string text;

		if (send(fd, question.data(), question.size(), MSG_NOSIGNAL) < 0) {
			*ret_error = strerror(errno);
			return "";
		}
		for (;;) {
			size_t body = text.find(mark);
			pollfd ready = {fd, POLLIN, 0};
			char part[512];
			ssize_t got;

			if (body != std::string::npos && text.size() > body + mark.size() &&
				text.back() == '\n')
				return text.substr(body + mark.size());
			if (poll(&ready, 1, kPatienceMs) < 1) {
				*ret_error = "no answer";
				return "";
			}
			got = recv(fd, part, sizeof(part), 0);
			if (got <= 0) {
				*ret_error = got ? strerror(errno) : "end of file";
				return "";
			}
			text.append(part, static_cast<size_t>(got));
		}
	}
};

std::string Tally::Text() const
{
	std::string text = std::to_string(answers) + " answers, " + std::to_string(first) + " to " +
		std::to_string(last) + ", slowest " + std::to_string(slowest_ms) + " ms;";

	for (const auto &version : versions)
		text += " " + version.first + ": " + std::to_string(version.second);
	for (const std::string &failure : failures)
		text += "\n" + failure;
	return text + "\n";
}

Counting::Counting(int port, const CountingShape &shape) : port_(port), shape_(shape)
{
	for (int i = 0; i < shape.kept; i++)
		threads_.emplace_back([this, i] { Keep(i); });
	for (int i = 0; shape.per_second > 0 && i < kOpeners; i++)
		threads_.emplace_back([this, i] { Open(i); });
	(void)Eventually([this] { return established_ == shape_.kept; });
}

Counting::~Counting()
{
	(void)Finish();
}

void Counting::Pause(double ms) const
{
	Clock::time_point start = Clock::now();

	for (double left; !over_ && (left = ms - Since(start)) > 0;)
		std::this_thread::sleep_for(
			std::chrono::duration<double, std::milli>(std::min(left, 20.0)));
}

void Counting::Fail(const std::string &what)
{
	std::lock_guard<std::mutex> guard(lock_);

	tally_.failures.push_back(what);
}

// "<version> <number>"; or an object of the examples, whose version is the process that answered, and
// which says what it knows of itself: `sum` over all it remembers, and the sum that is `expected`.
static bool Understand(const std::string &line, std::string *version, unsigned long *number)
{
	size_t space = line.find(' ');

	if (line.empty() || space == std::string::npos)
		return false;
	if (line[0] != '{') {
		*version = line.substr(0, space);
		*number = strtoul(&line[space], nullptr, 10);
		return true;
	}
	nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
	if (!object.is_object() || (object.contains("sum") && object["sum"] != object["expected"]))
		return false;
	*version = object["pid"].dump();
	*number = object["count"];
	return true;
}

bool Counting::Ask(Asker *asker)
{
	Clock::time_point start = Clock::now();
	std::string error;
	std::string line;
	std::string version;
	double took;
	unsigned long number = 0;

	if (asker->fd < 0 && !asker->Dial(port_)) {
		Fail(std::string("connect: ") + strerror(errno));
		asker->Hang();
		return false;
	}
	line = asker->Talk(shape_.raw, &error);
	took = Since(start);
	if (!Understand(line, &version, &number)) {
		Fail((asker->last ? "kept: " : "new: ") + error + " after " + std::to_string(took) +
			" ms");
		asker->Hang();
		return false;
	}
	std::lock_guard<std::mutex> guard(lock_);
	numbers_.push_back(number);
	tally_.versions[version]++;
	tally_.late += took > kLateMs;
	tally_.back += number <= asker->last;
	tally_.last = std::max(tally_.last, number);
	tally_.slowest_ms = std::max(tally_.slowest_ms, took);
	asker->last = number;
	return true;
}

void Counting::Keep(int client)
{
	std::mt19937 random(static_cast<unsigned>(client));
	std::exponential_distribution<double> gap(1 / shape_.gap_ms);
	bool known = false;
	Asker asker;

	while (!over_) {
		if (asker.fd >= 0 && asker.IsClosed()) {
			asker.Hang();
			if (!shape_.raw)
				Fail("kept: closed between two questions");
		}
		if (known && asker.fd < 0) {
			std::lock_guard<std::mutex> guard(lock_);

			tally_.reopened++;
		}
		if (Ask(&asker) && !known) {
			known = true;
			established_++;
		}
		Pause(gap(random));
	}
}

void Counting::Open(int opener)
{
	double every = kOpeners * 1000 / shape_.per_second;
	double next = every * opener / kOpeners;
	Clock::time_point start = Clock::now();

	for (; !over_; next += every) {
		Asker asker;

		Pause(next - Since(start));
		if (!over_)
			(void)Ask(&asker);
	}
}

size_t Counting::Answers() const
{
	std::lock_guard<std::mutex> guard(lock_);

	return numbers_.size();
}

unsigned long Counting::Last() const
{
	std::lock_guard<std::mutex> guard(lock_);

	return tally_.last;
}

bool Counting::More(size_t answers, Milliseconds deadline) const
{
	size_t before = Answers();

	return Eventually([&] { return Answers() >= before + answers; }, deadline);
}

bool Counting::Reopened(size_t times, Milliseconds deadline) const
{
	return Eventually(
		[&] {
			std::lock_guard<std::mutex> guard(lock_);

			return tally_.reopened >= times;
		},
		deadline);
}

bool Counting::SawVersion(const std::string &version, Milliseconds deadline) const
{
	return Eventually(
		[&] {
			std::lock_guard<std::mutex> guard(lock_);

			return tally_.versions.count(version) > 0;
		},
		deadline);
}

Tally Counting::Finish()
{
	size_t distinct;

	over_ = true;
	for (std::thread &thread : threads_)
		thread.join();
	threads_.clear();
	tally_.answers = numbers_.size();
	if (numbers_.empty())
		return tally_;
	std::sort(numbers_.begin(), numbers_.end());
	tally_.first = numbers_.front();
	tally_.last = numbers_.back();
	distinct = static_cast<size_t>(
		std::unique(numbers_.begin(), numbers_.end()) - numbers_.begin());
	numbers_.resize(distinct);
	tally_.repeated = tally_.answers - distinct;
	tally_.missing = tally_.last - tally_.first + 1 - distinct;
	return tally_;
}

} // namespace aet
