#include "load.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace aet
{

static constexpr char kLoad[] = "build/aeterna-load";

static std::vector<std::string> CommandLine(
	const std::vector<std::string> &urls, const std::vector<std::string> &options)
{
	std::vector<std::string> command = {kLoad};

	for (const std::string &url : urls)
		command.insert(command.end(), {"--url", url});
	command.insert(command.end(), options.begin(), options.end());
	return command;
}

Load::Load(const std::vector<std::string> &urls, const std::vector<std::string> &options)
    : out_(memfd_create("out", MFD_CLOEXEC)), err_(memfd_create("err", MFD_CLOEXEC)),
      process_(CommandLine(urls, options), SpawnOptions{{}, "", out_, err_}),
      established_(Logged("established", kLong))
{
}

Load::~Load()
{
	close(out_);
	close(err_);
}

std::string Load::ReadAll(int fd)
{
	std::string text;
	char part[4096];
	ssize_t n;

	while ((n = pread(fd, part, sizeof(part), static_cast<off_t>(text.size()))) > 0)
		text.append(part, static_cast<size_t>(n));
	return text;
}

bool Load::Logged(const std::string &line, Milliseconds deadline)
{
	auto logged = [this, &line] {
		return ("\n" + ReadAll(err_)).find("\n" + line + "\n") != std::string::npos;
	};

	return Eventually(logged, deadline);
}

bool Load::SawVersion(const std::string &version, Milliseconds deadline)
{
	return Logged("version " + version, deadline);
}

nlohmann::json Load::Finish()
{
	process_.Signal(SIGTERM);
	if (process_.Wait() < 0)
		throw std::runtime_error("the load client does not end");
	return nlohmann::json::parse(ReadAll(out_));
}

static int DialTcp(const std::string &url)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sockaddr_in address = {};

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(static_cast<uint16_t>(atoi(url.c_str() + url.rfind(':') + 1)));
	if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int DialUnix(const std::string &path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sockaddr_un address = {};

	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path.c_str(), path.size() + 1);
	if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

Connection::Connection(const std::string &url)
    : fd_(url.compare(0, 7, "unix://") == 0 ? DialUnix(url.substr(7)) : DialTcp(url)),
      error_(fd_ < 0 ? errno : 0)
{
}

Connection::~Connection()
{
	if (fd_ >= 0)
		close(fd_);
}

void Connection::Reset()
{
	linger none = {1, 0}; // socket(7)

	setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd_);
	fd_ = -1;
}

void Connection::Ask(const std::string &path) const
{
	std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";

	Send(request);
}

void Connection::Send(const std::string &bytes) const
{
	(void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string Connection::Receive(size_t size, Milliseconds deadline) const
{
	auto end = std::chrono::steady_clock::now() + deadline;
	std::string text(size, '\0');
	size_t got = 0;

	while (got < size) {
		auto left = std::chrono::duration_cast<Milliseconds>(
			end - std::chrono::steady_clock::now());
		ssize_t n;

		if (left.count() <= 0 || !Readable(left))
			break;
		n = read(fd_, &text[got], size - got);
		if (n <= 0)
			break;
		got += static_cast<size_t>(n);
	}
	text.resize(got);
	return text;
}

bool Connection::Ended(Milliseconds deadline) const
{
	char byte;

	return Readable(deadline) && recv(fd_, &byte, 1, 0) == 0;
}

bool Connection::Readable(Milliseconds deadline) const
{
	pollfd ready = {fd_, POLLIN, 0};

	return poll(&ready, 1, static_cast<int>(deadline.count())) == 1;
}

std::string Connection::Answer(Milliseconds deadline) const
{
	auto end = std::chrono::steady_clock::now() + deadline;
	std::string text;
	char part[4096];

	for (;;) {
		size_t head = text.find("\r\n\r\n");
		size_t length = text.find("ontent-");
		pollfd ready = {fd_, POLLIN, 0};
		ssize_t n;

		while (length != std::string::npos &&
			strncasecmp(&text[length], "ontent-length:", 14))
			length = text.find("ontent-", length + 1);
		if (head != std::string::npos && length < head &&
			text.size() >= head + 4 + strtoul(&text[length + 14], nullptr, 10))
			return text.substr(head + 4);
		auto left = std::chrono::duration_cast<Milliseconds>(
			end - std::chrono::steady_clock::now());
		if (fd_ < 0 || left.count() <= 0 ||
			poll(&ready, 1, static_cast<int>(left.count())) < 1)
			return "";
		n = read(fd_, part, sizeof(part));
		if (n <= 0)
			return "";
		text.append(part, static_cast<size_t>(n));
	}
}

std::string Get(const std::string &url, const std::string &path)
{
	Connection connection(url);

	connection.Ask(path);
	return connection.Answer();
}

} // namespace aet
