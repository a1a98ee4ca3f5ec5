#include "framing_client.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../programs/framing.h"

namespace aet
{

constexpr int kPatienceMs = 15000; // for the next byte of an answer
constexpr int kGenerationDigits = 6;

static int64_t NowMs()
{
	using namespace std::chrono;

	return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

static std::string Take(framing_message message)
{
	std::string bytes(message.bytes, message.length);

	framing_free(&message);
	return bytes;
}

// An answer that is owed; to be heard before the rest of a request goes out, if there is one.
struct Owed {
	std::string name;
	std::string bytes;
	size_t generation; // where its digits are; npos: nowhere
	std::string then_send;
};

class FramingConnection
{
      public:
	FramingConnection(const std::string &url, unsigned id, unsigned seed)
	    : id_(id), random_(seed * 100003 + id)
	{
		Connect(url);
	}
	FramingConnection(const FramingConnection &) = delete;
	FramingConnection &operator=(const FramingConnection &) = delete;
	~FramingConnection()
	{
		close(fd_);
	}

	int fd() const
	{
		return fd_;
	}
	bool alive() const
	{
		return failure_.empty();
	}
	const std::string &failure() const
	{
		return failure_;
	}
	bool resting() const
	{
		return owed_.empty() && out_.empty();
	}
	void Count(FramingState *state) const
	{
		if (!alive())
			return;
		if (resting())
			state->resting++;
		else if (heard_ > 0)
			state->hearing++;
		else if (!out_.empty() && sent_ > 0)
			state->asking++;
		else
			state->waiting++;
	}
	// Sends what is due.
	void Send(int64_t now, bool may_ask, int floor)
	{
		if (out_.empty() && owed_.empty() && may_ask && now >= due_) {
			floor_ = floor;
			Ask(now);
		}
		while (alive() && !out_.empty() && now >= due_) {
			size_t size = Size(out_.size());
			ssize_t n = send(fd_, out_.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);

			if (n < 0 && errno != EAGAIN)
				Fail(std::string("send: ") + strerror(errno));
			if (n <= 0)
				return;
			sent_ += static_cast<size_t>(n);
			out_.erase(0, static_cast<size_t>(n));
			if (Draw(3) == 0)
				due_ = now + Draw(Draw(8) == 0 ? 40 : 4);
		}
		if (alive() && !owed_.empty() && out_.empty() && now > heard_ms_ + kPatienceMs)
			Fail("nothing comes");
	}
	// Hears what is there; how many answers it completes.
	int Hear(int64_t now)
	{
		char bytes[65536];
		ssize_t n = recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
		int complete = 0;

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			Fail(n < 0 ? strerror(errno) : "end of file");
			return 0;
		}
		heard_ms_ = now;
		for (ssize_t i = 0; i < n && alive(); i++)
			complete += Compare(bytes[i], now);
		return complete;
	}

      private:
	void Connect(const std::string &url)
	{
		sockaddr_in name = {};
		sockaddr_un path = {};
		bool is_unix = url.compare(0, 7, "unix://") == 0;
		int result;

		fd_ = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (is_unix) {
			path.sun_family = AF_UNIX;
			strncpy(path.sun_path, url.c_str() + 7, sizeof(path.sun_path) - 1);
			result = connect(fd_, reinterpret_cast<sockaddr *>(&path), sizeof(path));
		} else {
			name.sin_family = AF_INET;
			name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			name.sin_port =
				htons(static_cast<uint16_t>(stoi(url.substr(url.rfind(':') + 1))));
			result = connect(fd_, reinterpret_cast<sockaddr *>(&name), sizeof(name));
		}
		if (result)
			Fail(std::string("connect: ") + strerror(errno));
		heard_ms_ = NowMs();
	}
	unsigned Draw(unsigned below)
	{
		return static_cast<unsigned>(random_()) % below;
	}
	size_t Size(size_t most)
	{
		static const unsigned kSizes[] = {1, 3, 20, 100, 1000, 100000};

		return std::min<size_t>(most, 1 + Draw(kSizes[Draw(6)]));
	}
	// Who speaks HTTP/1.0 speaks nothing else.
	unsigned Kind(bool alone)
	{
		unsigned kind;

		if (id_ % 8 == 0)
			return FRAMING_OLD;
		do
			kind = Draw(alone ? FRAMING_KINDS : FRAMING_EXPECT);
		while (kind == FRAMING_OLD);
		return kind;
	}
	// One request, or several in a row.
	void Ask(int64_t now)
	{
		unsigned count = Draw(10) < 6 ? 1 : 1 + Draw(Draw(4) ? 4 : 12);

		for (unsigned i = 0; i < count; i++) {
			unsigned kind = Kind(count == 1);
			std::string request = Take(
				framing_request(static_cast<framing_kind>(kind), id_, number_));
			std::string answer = Take(
				framing_answer(static_cast<framing_kind>(kind), id_, number_, 0));
			std::string name = std::to_string(kind) + "/" + std::to_string(id_) + "/" +
				std::to_string(number_++);

			if (kind == FRAMING_EXPECT) {
				size_t head = request.find("\r\n\r\n") + 4;

				owed_.push_back({"100 of " + name, FRAMING_CONTINUE,
					std::string::npos, request.substr(head)});
				request.resize(head);
			}
			out_ += request;
			owed_.push_back({name, answer,
				answer.find(FRAMING_GENERATION) + strlen(FRAMING_GENERATION), ""});
		}
		sent_ = 0;
		heard_ms_ = now;
	}
	int Compare(char c, int64_t now)
	{
		if (owed_.empty()) {
			Fail(std::string("a byte that nobody asked for: ") + c);
			return 0;
		}
		Owed &answer = owed_.front();

		if (answer.generation != std::string::npos && heard_ >= answer.generation &&
			heard_ < answer.generation + kGenerationDigits) {
			digits_ += c;
		} else if (c != answer.bytes[heard_]) {
			Fail("answer " + answer.name + " differs at byte " +
				std::to_string(heard_) + " of " +
				std::to_string(answer.bytes.size()));
			return 0;
		}
		if (++heard_ < answer.bytes.size())
			return 0;
		return Complete(now);
	}
	int Complete(int64_t now)
	{
		bool is_answer = owed_.front().generation != std::string::npos;

		if (is_answer && digits_ < generation_)
			Fail("generation " + digits_ + " after " + generation_);
		if (is_answer && stoi(digits_) < floor_)
			Fail("asked when generation " + std::to_string(floor_) +
				" served, answered by " + digits_);
		if (is_answer)
			generation_ = digits_;
		digits_.clear();
		out_ += owed_.front().then_send;
		owed_.pop_front();
		heard_ = 0;
		if (owed_.empty() && out_.empty())
			due_ = now + Draw(2) * Draw(Draw(5) == 0 ? 400 : 40);
		return is_answer;
	}
	void Fail(const std::string &what)
	{
		failure_ = "connection " + std::to_string(id_) + ": " + what + "; owed " +
			std::to_string(owed_.size()) +
			(owed_.empty() ? "" : ", first " + owed_.front().name) + ", heard " +
			std::to_string(heard_) + " bytes of it, unsent " +
			std::to_string(out_.size()) + ", generation " + generation_;
	}

	int fd_;
	unsigned id_;
	unsigned number_ = 0;
	std::minstd_rand random_;
	std::string out_;
	size_t sent_ = 0; // of the requests of one Ask()
	std::deque<Owed> owed_;
	size_t heard_ = 0; // of the first of them
	std::string digits_;
	std::string generation_;
	int floor_ = 0; // when what is owed was asked
	std::string failure_;
	int64_t due_ = 0;
	int64_t heard_ms_ = 0;
};

FramingClient::FramingClient(const std::string &url, int connections, unsigned seed)
{
	for (int i = 0; i < connections; i++)
		connections_.push_back(std::make_unique<FramingConnection>(url, i, seed));
	thread_ = std::thread(&FramingClient::Run, this);
}

FramingClient::~FramingClient()
{
	Finish();
}

FramingState FramingClient::Now()
{
	std::lock_guard<std::mutex> lock(mutex_);
	FramingState state;

	for (const auto &connection : connections_)
		connection->Count(&state);
	return state;
}

void FramingClient::Finish()
{
	finish_ = true;
	if (thread_.joinable())
		thread_.join();
}

std::vector<std::string> FramingClient::Failures()
{
	std::lock_guard<std::mutex> lock(mutex_);

	for (const auto &connection : connections_)
		if (!connection->alive())
			failures_.push_back(connection->failure());
	return failures_;
}

// One round; false: nothing is left to be done.
bool FramingClient::Step()
{
	std::lock_guard<std::mutex> lock(mutex_);
	int64_t now = NowMs();
	bool busy = false;

	for (const auto &connection : connections_) {
		if (!connection->alive())
			continue;
		answers_ += static_cast<uint64_t>(connection->Hear(now));
		if (connection->alive())
			connection->Send(now, !finish_, floor_);
		busy = busy || (connection->alive() && !connection->resting());
	}
	return busy || !finish_;
}

void FramingClient::Run()
{
	while (Step())
		usleep(1000);
}

} // namespace aet
