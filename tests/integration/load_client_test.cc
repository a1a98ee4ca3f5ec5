// Can the load client be trusted? build/aeterna-load runs against a server that misbehaves on
// purpose (tests/programs/misbehaving.py): the client must see each kind of misbehaviour, count it
// where it belongs, and count nothing else. There is no launcher here. Run from the top of the
// tree.

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <set>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

constexpr char kClient[] = "build/aeterna-load";
constexpr char kServer[] = "tests/programs/misbehaving.py";
constexpr int kRate = 300;
constexpr double kSeconds = 2.5;

// A misbehaving server for the life of the object.
class Server
{
      public:
	explicit Server(const std::string &kind)
	{
		int pipe_fds[2];
		char byte = 0;

		if (pipe(pipe_fds))
			abort();
		pid_ = fork();
		if (!pid_) {
			dup2(pipe_fds[1], 1);
			close(pipe_fds[0]);
			execlp("python3", "python3", kServer, kind.c_str(), nullptr);
			_exit(127);
		}
		close(pipe_fds[1]);
		while (read(pipe_fds[0], &byte, 1) == 1 && byte != '\n')
			port_ = port_ * 10 + byte - '0';
		close(pipe_fds[0]);
	}
	~Server()
	{
		kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
	std::string url() const
	{
		return "http://127.0.0.1:" + std::to_string(port_) + "/";
	}

      private:
	pid_t pid_ = -1;
	int port_ = 0;
};

// A bound socket that nobody reads or accepts from.
class Silence
{
      public:
	explicit Silence(int type) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0))
	{
		sockaddr_in address = {};
		socklen_t len = sizeof(address);

		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (bind(fd_, reinterpret_cast<sockaddr *>(&address), len))
			abort();
		if (type == SOCK_STREAM && listen(fd_, 1000))
			abort();
		getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &len);
		port_ = ntohs(address.sin_port);
	}
	~Silence()
	{
		end();
	}
	void end()
	{
		if (fd_ >= 0)
			close(fd_);
		fd_ = -1;
	}
	std::string at() const
	{
		return "127.0.0.1:" + std::to_string(port_);
	}

      private:
	int fd_;
	int port_ = 0;
};

struct Result {
	int code;
	std::string json;

	// The number after "key" in the object "section"; the whole report when there is none.
	double number(const std::string &section, const std::string &key) const
	{
		size_t at = section.empty() ? 0 : json.find("\"" + section + "\": {");

		if (at != std::string::npos)
			at = json.find("\"" + key + "\": ", at);
		if (at == std::string::npos) {
			ADD_FAILURE() << "no " << section << "." << key << " in " << json;
			return -1;
		}
		return atof(json.c_str() + at + key.size() + 4);
	}
	double both(const std::string &key) const
	{
		return number("new", key) + number("keepalive", key);
	}
};

Result RunCommand(const std::string &command)
{
	Result result = {-1, ""};
	char part[4096];
	FILE *output = popen(command.c_str(), "r");
	size_t n;

	while ((n = fread(part, 1, sizeof(part), output)) > 0)
		result.json.append(part, n);
	result.code = WEXITSTATUS(pclose(output));
	return result;
}

Result Load(const std::string &arguments)
{
	return RunCommand(std::string(kClient) + " " + arguments + " 2>/dev/null");
}

Result LoadServer(const std::string &kind, const std::string &more = "--body prefix:v1")
{
	Server server(kind);

	return Load("--url " + server.url() + " --duration 2500ms " + more);
}

struct Fault {
	const char *kind;
	const char *counted_as;
};

class LoadClientFaultTest : public testing::TestWithParam<Fault>
{
};

TEST_P(LoadClientFaultTest, IsCountedInItsKindAndNoOther)
{
	Result result = LoadServer(GetParam().kind);
	double seen = result.both(GetParam().counted_as);
	double sent = result.both("sent");

	EXPECT_EQ(result.code, 1);
	EXPECT_EQ(result.both("failed"), seen);
	EXPECT_EQ(result.number("", "failed"), seen);
	EXPECT_GT(result.number("new", GetParam().counted_as), 0);
	EXPECT_GT(result.number("keepalive", GetParam().counted_as), 0);
	// The server treats every tenth request like this.
	EXPECT_NEAR(seen, sent / 10, 5);
	EXPECT_GT(result.number("", "keepalive_reopened"), 0);
	EXPECT_EQ(result.number("new", "sent"), kRate * kSeconds);
}

INSTANTIATE_TEST_SUITE_P(Load, LoadClientFaultTest,
	testing::Values(Fault{"drop", "eof"}, Fault{"cut", "eof"}, Fault{"reset", "reset"},
		Fault{"wrong_body", "wrong_body"}, Fault{"wrong_status", "wrong_body"},
		Fault{"excess", "wrong_body"}, Fault{"delay", "late"}),
	[](const testing::TestParamInfo<Fault> &info) { return std::string(info.param.kind); });

TEST(LoadClientTest, GoodServerHasNoFailure)
{
	Result result = LoadServer("ok", "--body exact:'v1\n' --raw build/load_client_test.csv");
	std::ifstream raw("build/load_client_test.csv");
	std::string line;
	double lines = -1; // the heading

	EXPECT_EQ(result.code, 0);
	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_EQ(result.number("", "keepalive_reopened"), 0);
	EXPECT_EQ(result.number("keepalive", "established"), 100);
	EXPECT_EQ(result.number("new", "sent"), kRate * kSeconds);
	EXPECT_EQ(result.number("", "answers"), result.both("sent"));
	while (std::getline(raw, line))
		lines++;
	EXPECT_EQ(lines, result.both("sent"));
	unlink("build/load_client_test.csv");
}

TEST(LoadClientTest, LocalPortsAreReportedOncePerClient)
{
	Result result = LoadServer("ok");
	size_t at = result.json.find("\"local_ports\": [");
	std::set<int> ports;
	std::string port;

	EXPECT_EQ(result.number("", "failed"), 0);
	ASSERT_NE(at, std::string::npos);
	std::istringstream list(result.json.substr(at + 16, result.json.find(']', at) - at - 16));
	while (std::getline(list, port, ','))
		ports.insert(atoi(port.c_str()));
	EXPECT_EQ(ports.size(), 100u);
	EXPECT_EQ(ports.count(0), 0u);
}

TEST(LoadClientTest, StopOfTheServerShowsAsGapAndLatency)
{
	Result result = LoadServer("stop");

	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_GE(result.number("", "longest_gap_ms"), 190);
	EXPECT_LT(result.number("", "longest_gap_ms"), 600);
	// Open loop: requests went on being scheduled meanwhile, and waited.
	EXPECT_GE(result.number("new", "max"), 180);
	EXPECT_GE(result.number("new", "p99"), 80);
	EXPECT_EQ(result.number("new", "sent"), kRate * kSeconds);
	EXPECT_LT(result.number("client", "max"), 150) << "the client itself was late";
}

// A machine that stands still looks like this: what the client asks and reads late is its own delay.
TEST(LoadClientTest, StopOfTheClientIsNotTheServers)
{
	Server server("ok");
	Result result = RunCommand(std::string(kClient) + " --url " + server.url() +
		" --rate 50 --keepalive 10 --duration 2500ms 2>/dev/null & sleep 0.5; kill -STOP $!; sleep 1.3; kill -CONT $!; "
		"wait $!");

	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_GE(result.number("client", "longest"), 1200);
	EXPECT_GE(result.number("new", "max"), 1200) << "it is told all the same";
}

TEST(LoadClientTest, OrderlyCloseBetweenRequestsIsNoFailure)
{
	Result result = LoadServer("close_idle");

	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_GT(result.number("keepalive", "closed_idle"), 50);
	EXPECT_GT(result.number("", "keepalive_reopened"), 50);
}

TEST(LoadClientTest, AnnouncedCloseIsNoFailure)
{
	Result result = LoadServer("announce");

	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_GT(result.number("keepalive", "closed_announced"), 50);
	EXPECT_EQ(result.number("keepalive", "closed_idle"), 0);
}

TEST(LoadClientTest, ChunkedAndUnsizedAnswersAreUnderstood)
{
	EXPECT_EQ(LoadServer("chunked").number("", "failed"), 0);
	EXPECT_EQ(LoadServer("unsized").number("", "failed"), 0);
}

TEST(LoadClientTest, RefusedIsCountedForNewConnectionsOnly)
{
	Result result = LoadServer("refuse");

	EXPECT_NEAR(result.number("new", "refused"), 90, 30);
	EXPECT_EQ(result.number("new", "failed"), result.number("new", "refused"));
	EXPECT_EQ(result.number("keepalive", "failed"), 0);
	EXPECT_EQ(result.number("", "keepalive_reopened"), 0);
}

TEST(LoadClientTest, NobodyThere)
{
	Silence silence(SOCK_STREAM);
	silence.end();
	Result result = Load("--url http://" + silence.at() + "/ --duration 1s");

	EXPECT_EQ(result.code, 1);
	EXPECT_EQ(result.both("refused"), result.both("sent"));
	EXPECT_EQ(result.number("new", "sent"), 300);
	EXPECT_NEAR(result.number("", "longest_gap_ms"), 1000, 1);
	EXPECT_EQ(
		Load("--url unix:///nonexistent/socket --duration 200ms").number("new", "refused"),
		60);
}

TEST(LoadClientTest, SilenceIsLate)
{
	Silence stream(SOCK_STREAM);
	Silence datagram(SOCK_DGRAM);
	const std::string more = " --duration 500ms --deadline 200ms";
	Result tcp = Load("--url http://" + stream.at() + "/" + more);
	Result udp = Load("--url udp://" + datagram.at() + more);

	EXPECT_EQ(tcp.both("late"), tcp.both("sent"));
	EXPECT_EQ(udp.both("late"), udp.both("sent"));
	EXPECT_GE(tcp.number("new", "p50"), 200);
	EXPECT_LT(tcp.number("new", "p50"), 300);
}

TEST(LoadClientTest, DatagramsToNobodyAreRefused)
{
	Silence silence(SOCK_DGRAM);
	silence.end();
	Result result = Load("--url udp://" + silence.at() + " --duration 300ms");

	EXPECT_EQ(result.both("refused"), result.both("sent"));
}

TEST(LoadClientTest, VersionsAreCountedApart)
{
	Result result = LoadServer("wrong_body", "--body prefix:v1 --body prefix:v9");
	size_t v1 = result.json.find("\"version\": \"v1\", \"answers\": ");
	size_t v9 = result.json.find("\"version\": \"v9\", \"answers\": ");

	EXPECT_EQ(result.number("", "failed"), 0);
	ASSERT_NE(v1, std::string::npos);
	ASSERT_NE(v9, std::string::npos);
	EXPECT_NEAR(
		atof(result.json.c_str() + v9 + 28) * 9, atof(result.json.c_str() + v1 + 28), 10);
}

TEST(LoadClientTest, WrongUsage)
{
	EXPECT_EQ(Load("").code, 64);
	EXPECT_EQ(Load("--url ftp://127.0.0.1/").code, 64);
	EXPECT_EQ(Load("--url http://127.0.0.1/").code, 64);
	EXPECT_EQ(Load("--url http://127.0.0.1:1/ --duration 5").code, 64);
	EXPECT_EQ(Load("--url http://127.0.0.1:1/ --body v1").code, 64);
	EXPECT_EQ(Load("--help").code, 0);
}

TEST(LoadClientTest, RunsUntilItIsToldToStop)
{
	Server server("ok");
	// In the foreground it signals its child alone, not its whole group as well: a second signal
	// means "now" to the client.
	std::string command = std::string("timeout --foreground -s TERM 1 ") + kClient + " --url " +
		server.url() + " 2>/dev/null";
	FILE *output = popen(command.c_str(), "r");
	Result result = {0, std::string(16384, '\0')};

	result.json.resize(fread(&result.json[0], 1, result.json.size(), output));
	pclose(output);
	EXPECT_EQ(result.number("", "failed"), 0);
	EXPECT_EQ(result.number("", "unfinished"), 0);
	EXPECT_NEAR(result.number("new", "ok"), kRate, 30);
}

} // namespace
