// Servers with state under load, swapped again and again: every question is answered, on the
// connection it was asked on, and the numbers of each process are 1, 2, 3..., each of them once.
// AET_LOAD_SWAPS swaps with AET_LOAD_REQUESTS requests each (make test-state-load: ten, with 1,000).

#include "counter_service.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aet
{

// Asks without a pause, on one connection or, with `fresh`, each time on a new one.
class Crowd
{
      public:
	Crowd(int port, int kept, int fresh) : port_(port)
	{
		for (int i = 0; i < kept + fresh; i++)
			threads_.emplace_back([this, i, kept] { Run(i >= kept); });
	}
	~Crowd()
	{
		Finish();
	}
	void Finish()
	{
		over_ = true;
		for (std::thread &thread : threads_)
			thread.join();
		threads_.clear();
	}
	size_t Answers() const
	{
		return answers_;
	}
	std::vector<std::string> failures;
	std::map<std::string, std::vector<long>> counts; // by the name of the process

      private:
	int Connect() const
	{
		sockaddr_in address = {};
		timeval limit = {20, 0};
		int yes = 1;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		address.sin_family = AF_INET;
		address.sin_port = htons(static_cast<uint16_t>(port_));
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0)
			return fd;
		close(fd);
		return -1;
	}
	static bool IsWhole(const std::string &got)
	{
		size_t head = got.find("\r\n\r\n");

		return head != std::string::npos && got.back() == '\n' && got.size() > head + 4;
	}
	void Fail(const std::string &what)
	{
		std::lock_guard<std::mutex> hold(lock_);

		failures.push_back(what);
	}
	// True: the connection stays open.
	bool Ask(int fd, bool last)
	{
		std::string request = std::string("GET / HTTP/1.1\r\nHost: x\r\n") +
			(last ? "Connection: close\r\n\r\n" : "\r\n");
		std::string got;
		char bytes[4096];

		if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
			Fail(std::string("send: ") + strerror(errno));
			return false;
		}
		while (!IsWhole(got)) {
			ssize_t count = recv(fd, bytes, sizeof(bytes), 0);

			if (count <= 0) {
				Fail(std::string("recv: ") + (count ? strerror(errno) : "end") +
					" after " + std::to_string(got.size()));
				return false;
			}
			got.append(bytes, static_cast<size_t>(count));
		}
		Note(got.substr(got.find("\r\n\r\n") + 4));
		return !last && got.find("Connection: close") == std::string::npos;
	}
	void Note(const std::string &body)
	{
		std::istringstream words(body);
		std::string version;
		std::string name;
		long number = 0;

		words >> version >> name >> number;
		std::lock_guard<std::mutex> hold(lock_);
		counts[name].push_back(number);
		answers_++;
	}
	void Run(bool fresh)
	{
		int fd = -1;

		while (!over_) {
			if (fd < 0 && (fd = Connect()) < 0) {
				Fail("connect");
				return;
			}
			if (Ask(fd, fresh))
				continue;
			close(fd);
			fd = -1;
		}
		if (fd >= 0)
			close(fd);
	}

	int port_;
	std::mutex lock_;
	std::atomic<size_t> answers_{0};
	std::atomic<bool> over_{false};
	std::vector<std::thread> threads_;
};

struct Server {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> env;
	std::vector<std::string> settings;
	int kept;
	int fresh;
	size_t processes;
};

static const std::vector<std::string> kOwn = {"handoff.state: [\"counter_workers:OWN\"]"};

static std::vector<std::string> Uvicorn(const std::vector<std::string> &more)
{
	std::vector<std::string> words = {"{V}/python", "-m", "uvicorn", "--app-dir", "{T}",
		"--port", "{P}", "--no-access-log", "--timeout-keep-alive", "120"};

	words.insert(words.end(), more.begin(), more.end());
	words.push_back("counter_workers:asgi");
	return words;
}

static const std::vector<std::string> kGthread = {"{V}/gunicorn", "--chdir", "{T}", "-w", "1", "-k",
	"gthread", "--threads", "3", "--keep-alive", "120", "-b", "127.0.0.1:{P}",
	"counter_wsgi:app"};
static const std::vector<std::string> kItself = {"{V}/python", "{T}/counter_workers.py"};

static const Server kServers[] = {
	{"uvicorn", Uvicorn({}), {}, kOwn, 16, 4, 1},
	{"uvicorn_workers", Uvicorn({"--workers", "2"}), {}, kOwn, 16, 4, 2},
	{"gunicorn_gthread", kGthread, {}, {}, 16, 4, 1},
	{"gunicorn_gthread_at_work", kGthread, {"WORK_MS=20"}, {}, 10, 10, 1},
	{"aiohttp", kItself, {"SERVER=aiohttp"}, kOwn, 16, 4, 1},
	{"flask", kItself, {"SERVER=flask"}, kOwn, 16, 4, 1},
};

static size_t FromEnvironment(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? static_cast<size_t>(atol(text)) : otherwise;
}

class StateLoadTest : public CounterTest, public testing::WithParamInterface<Server>
{
};

TEST_P(StateLoadTest, EveryRequestCountsOnce)
{
	const Server &server = GetParam();
	std::vector<std::string> settings = server.settings;
	size_t swaps = FromEnvironment("AET_LOAD_SWAPS", 3);
	size_t requests = FromEnvironment("AET_LOAD_REQUESTS", 100);

	settings.push_back("service.ready_after: 100ms");
	settings.push_back("handoff.on_busy: rollback");
	Begin(server.env, settings, server.command);
	Crowd crowd(service_->port(), server.kept, server.fresh);
	for (size_t i = 0; i < swaps; i++) {
		size_t before = crowd.Answers();

		ASSERT_TRUE(Eventually([&] { return crowd.Answers() >= before + requests; }))
			<< service_->log();
		Swap();
		EXPECT_EQ(service_->Status()["last_swap"]["connections_closed"], 0)
			<< service_->Status()["last_swap"];
	}
	crowd.Finish();
	for (const std::string &failure : crowd.failures)
		ADD_FAILURE() << failure;
	EXPECT_EQ(crowd.counts.size(), server.processes) << "somebody began anew";
	for (auto &own : crowd.counts) {
		std::sort(own.second.begin(), own.second.end());
		for (size_t i = 0; i < own.second.size(); i++)
			ASSERT_EQ(own.second[i], static_cast<long>(i) + 1) << own.first;
	}
	std::cout << server.name << ": " << crowd.Answers() << " answers, " << swaps << " swaps, "
		  << crowd.failures.size() << " resets" << std::endl;
	if (HasFailure())
		std::cout << service_->log();
}

static std::string Name(const testing::TestParamInfo<Server> &server)
{
	return server.param.name;
}

INSTANTIATE_TEST_SUITE_P(Servers, StateLoadTest, testing::ValuesIn(kServers), Name);

} // namespace aet
