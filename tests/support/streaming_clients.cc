#include "streaming_clients.h"

#include <cstdio>
#include <cstdlib>

namespace aet
{

constexpr int kConnections = 3; // one at the first half, one at the second, one to spare
constexpr Milliseconds kPatience{60000}; // three times the longest answer

static std::string Event(const std::string &data)
{
	std::string event = "data: " + data + "\n\n";
	char size[16];

	(void)snprintf(size, sizeof(size), "%zx\r\n", event.size());
	return size + event + "\r\n";
}

std::string Told::Text() const
{
	return "turn " + std::to_string(turn) + " by " + std::to_string(pid) + ": " +
		std::to_string(tokens) + " tokens" + (whole ? ", whole" : "") +
		(exact ? "" : ", wrong") + (hung ? ", hung" : "") + "\n";
}

Stream::Stream(const Connection *connection, const std::string &path) : connection_(connection)
{
	connection_->Ask(path);
}

bool Stream::Began()
{
	if (!expected_.empty())
		return true;
	while (got_.size() < 4 || got_.compare(got_.size() - 4, 4, "\n\n\r\n") != 0) {
		size_t before = got_.size();

		Await(before + 1);
		if (got_.size() == before)
			return false;
	}
	std::string head = got_.substr(0, got_.find("\r\n\r\n") + 4);
	(void)sscanf(got_.c_str() + head.size(),
		"%*x data: {\"turn\": %d, \"pid\": %d, \"tokens\": %zu}", &told_.turn, &told_.pid,
		&tokens_);
	expected_ = head +
		Event("{\"turn\": " + std::to_string(told_.turn) +
			", \"pid\": " + std::to_string(told_.pid) +
			", \"tokens\": " + std::to_string(tokens_) + "}");
	for (size_t i = 0; i < tokens_; i++) {
		expected_ += Event(
			"token " + std::to_string(i) + " of turn " + std::to_string(told_.turn));
		ends_.push_back(expected_.size());
	}
	expected_ += "0\r\n\r\n";
	return told_.turn > 0;
}

// Until so many bytes are there, or there is an end, or nothing.
void Stream::Await(size_t size)
{
	if (got_.size() < size)
		got_ += connection_->Receive(size - got_.size(), kPatience);
}

bool Stream::Reach(size_t tokens)
{
	if (!Began())
		return false;
	if (tokens > 0)
		Await(ends_[tokens - 1]);
	return tokens == 0 || got_.size() >= ends_[tokens - 1];
}

Told Stream::Finish()
{
	if (!Began())
		return told_;
	Await(expected_.size());
	for (size_t end : ends_)
		told_.tokens += got_.size() >= end;
	told_.exact = expected_.compare(0, got_.size(), got_) == 0;
	told_.whole = got_.size() == expected_.size();
	told_.hung = !told_.whole && !connection_->Readable(Milliseconds(0));
	return told_;
}

Relay::Relay(const std::string &url) : url_(url)
{
	for (int i = 0; i < kConnections; i++)
		threads_.emplace_back([this, i] { Talk(i); });
	(void)More(1);
}

Relay::~Relay()
{
	(void)Finish();
}

bool Relay::Awaits(int own)
{
	return Eventually([&] { return over_ || turn_ % kConnections == own; }, kPatience) &&
		!over_;
}

void Relay::Talk(int own)
{
	auto connection = std::make_unique<Connection>(url_);

	while (Awaits(own)) {
		Stream stream(connection.get());

		if (stream.Began())
			begun_++;
		(void)stream.Reach(stream.tokens() / 2);
		turn_++;
		Told told = stream.Finish();
		if (!told.whole) {
			connection = std::make_unique<Connection>(url_);
			reopened_++;
		}
		std::lock_guard<std::mutex> guard(lock_);
		told_.push_back(told);
	}
}

size_t Relay::Begun() const
{
	return begun_;
}

bool Relay::More(size_t answers) const
{
	size_t before = begun_;

	return Eventually([&] { return begun_ >= before + answers; }, kPatience);
}

std::vector<Told> Relay::Finish()
{
	over_ = true;
	for (std::thread &thread : threads_)
		thread.join();
	threads_.clear();
	return told_;
}

} // namespace aet
