// build/aeterna-load beside a test, and single requests by hand.
#ifndef AET_TESTS_LOAD_H
#define AET_TESTS_LOAD_H

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process.h"

namespace aet
{

class Load
{
      public:
	// Returns when every keep-alive client has had an answer.
	explicit Load(
		const std::vector<std::string> &urls, const std::vector<std::string> &options = {});
	Load(const Load &) = delete;
	Load &operator=(const Load &) = delete;
	~Load();

	bool established() const
	{
		return established_;
	}
	// Waits for the line about the first answer of this version.
	bool SawVersion(const std::string &version, Milliseconds deadline = kLong);
	// Ends the load, waits for the last answers: the report.
	nlohmann::json Finish();
	std::string log() const
	{
		return ReadAll(err_);
	}

      private:
	static std::string ReadAll(int fd);
	bool Logged(const std::string &line, Milliseconds deadline);

	int out_;
	int err_;
	Process process_;
	bool established_;
};

// A connection to http://127.0.0.1:PORT/... or unix://PATH.
class Connection
{
      public:
	explicit Connection(const std::string &url);
	Connection(const Connection &) = delete;
	Connection &operator=(const Connection &) = delete;
	~Connection();

	int error() const
	{
		return error_; // errno of connect()
	}
	// Ends it at once, by a reset: the other side need not write to notice.
	void Reset();
	void Ask(const std::string &path = "/") const;
	void Send(const std::string &bytes) const;
	// What comes until there are so many bytes, or the end.
	std::string Receive(size_t size, Milliseconds deadline = Milliseconds(5000)) const;
	// An orderly end of the connection, and nothing before it.
	bool Ended(Milliseconds deadline = Milliseconds(5000)) const;
	// Something of an answer, or the end of the connection, is there.
	bool Readable(Milliseconds deadline = Milliseconds(5000)) const;
	// The body of one answer; empty: end of file, a reset, or nothing at the deadline.
	std::string Answer(Milliseconds deadline = Milliseconds(5000)) const;

      private:
	int fd_;
	int error_;
};

// One request on a connection of its own; the body.
std::string Get(const std::string &url, const std::string &path = "/");

} // namespace aet

#endif
