// What strangers and faulty programs send to the launcher's abstract sockets. Each is answered or
// dropped; the running program never notices, and the launcher keeps nothing of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "aeterna/wire.h"
#include "service.h"

namespace aet
{

// Abstract names with the launcher's number, and the one of its configuration file.
static std::vector<std::string> Names(const Service &service)
{
	std::istringstream lines(ReadFile("/proc/net/unix"));
	std::string pid = "/" + std::to_string(const_cast<Service &>(service).launcher().pid());
	std::vector<std::string> names;
	std::string line;

	while (std::getline(lines, line)) {
		size_t at = line.find("@aeterna/");

		if (at == std::string::npos)
			continue;
		std::string name = line.substr(at + 1);
		if (name.find(pid) == std::string::npos &&
			name.find(service.directory()) == std::string::npos)
			continue;
		if (std::find(names.begin(), names.end(), name) == names.end())
			names.push_back(name);
	}
	return names;
}

class Stranger
{
      public:
	explicit Stranger(const std::string &name)
	    : fd_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))
	{
		sockaddr_un address = {};
		socklen_t length =
			static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());

		address.sun_family = AF_UNIX;
		memcpy(address.sun_path + 1, name.data(), name.size());
		connected_ = connect(fd_, reinterpret_cast<sockaddr *>(&address), length) == 0;
	}
	Stranger(Stranger &&other) noexcept : fd_(other.fd_), connected_(other.connected_)
	{
		other.fd_ = -1;
	}
	~Stranger()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	bool connected() const
	{
		return connected_;
	}
	// With `fds` descriptors attached.
	bool Send(const std::string &bytes, int fds = 0) const
	{
		alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 64)] = {};
		iovec iov = {const_cast<char *>(bytes.data()), bytes.size()};
		msghdr message = {};

		message.msg_iov = &iov;
		message.msg_iovlen = 1;
		if (fds > 0) {
			message.msg_control = control;
			message.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
			cmsghdr *part = CMSG_FIRSTHDR(&message);
			part->cmsg_level = SOL_SOCKET;
			part->cmsg_type = SCM_RIGHTS;
			part->cmsg_len = CMSG_LEN(sizeof(int) * fds);
			for (int i = 0; i < fds; i++)
				memcpy(CMSG_DATA(part) + sizeof(int) * i, &fd_, sizeof(int));
		}
		return sendmsg(fd_, &message, MSG_NOSIGNAL) >= 0;
	}
	// An answer, or the end of the connection, within the deadline.
	bool AnsweredOrDropped(Milliseconds deadline) const
	{
		pollfd ready = {fd_, POLLIN, 0};

		return poll(&ready, 1, static_cast<int>(deadline.count())) == 1;
	}

      private:
	int fd_;
	bool connected_ = false;
};

static std::string Message(uint32_t magic, unsigned type, unsigned version, size_t length)
{
	aet_header header = {};
	std::string bytes(length, '\x5a');

	header.magic = magic;
	header.type = static_cast<uint16_t>(type);
	header.version = static_cast<uint16_t>(version);
	header.serial = 1;
	memcpy(&bytes[0], &header, std::min(length, sizeof(header)));
	return bytes;
}

struct Bad {
	const char *name;
	std::string bytes;
	int fds;
};

static std::vector<Bad> BadMessages()
{
	std::vector<Bad> all = {
		{"one byte", "x", 0},
		{"short header", Message(AET_WIRE_MAGIC, AET_MSG_STATUS, 1, 15), 0},
		{"header alone", Message(AET_WIRE_MAGIC, AET_MSG_STATUS, 1, 16), 0},
		{"oversized", Message(AET_WIRE_MAGIC, AET_MSG_STATUS, 1, 60000), 0},
		{"just oversized", Message(AET_WIRE_MAGIC, AET_MSG_STATUS, 1, AET_MESSAGE_MAX + 1),
			0},
		{"wrong magic", Message(0xdeadbeef, AET_MSG_RELOAD, 1, 24), 0},
		{"descriptors unasked for", Message(AET_WIRE_MAGIC, AET_MSG_RELOAD, 1, 24), 1},
		{"too many descriptors", Message(AET_WIRE_MAGIC, AET_MSG_OFFER, 1, 176), 60},
		{"offer without a descriptor", Message(AET_WIRE_MAGIC, AET_MSG_OFFER, 1, 176), 0},
		{"hello of no descendant", Message(AET_WIRE_MAGIC, AET_MSG_HELLO, 1, 40), 0},
		{"offer of no descendant", Message(AET_WIRE_MAGIC, AET_MSG_OFFER, 1, 176), 1},
		{"bind of no descendant", Message(AET_WIRE_MAGIC, AET_MSG_BIND, 1, 176), 0},
		{"path of no descendant", Message(AET_WIRE_MAGIC, AET_MSG_PATH, 1, 56), 0},
		{"a reply", Message(AET_WIRE_MAGIC, AET_MSG_HELLO | AET_WIRE_REPLY, 1, 40), 0},
		{"gated, from nobody", Message(AET_WIRE_MAGIC, AET_MSG_GATED, 1, 24), 0},
	};

	for (unsigned type : {0u, 5u, 99u, 0x7fffu, 0xffffu})
		all.push_back({"unknown type", Message(AET_WIRE_MAGIC, type, 1, 24), 0});
	return all;
}

class ControlTest : public testing::Test
{
      protected:
	ControlTest() : service_(ProgramNamed("epoll"))
	{
		service_.Start();
		names_ = Names(service_);
		before_ = service_.Get();
		/* The connection of the last status may still be on its way out. */
		EXPECT_TRUE(Eventually([this] {
			int now = DescriptorsOf(service_.launcher().pid());
			bool same = now == descriptors_;

			descriptors_ = now;
			return same;
		}));
	}
	void ExpectUnmoved()
	{
		EXPECT_EQ(service_.Get(), before_);
		EXPECT_TRUE(Eventually([this] {
			return DescriptorsOf(service_.launcher().pid()) == descriptors_;
		})) << DescriptorsOf(service_.launcher().pid())
		    << " descriptors, not " << descriptors_;
		nlohmann::json status = service_.Status();
		ASSERT_TRUE(status.is_object());
		EXPECT_EQ(status["state"], "running");
		EXPECT_EQ(status["generation"], 1);
		EXPECT_EQ(status["swaps"]["rolled_back"], 0);
	}

	Service service_;
	std::vector<std::string> names_;
	std::string before_;
	int descriptors_ = 0;
};

TEST_F(ControlTest, BadMessagesAreAnsweredOrDropped)
{
	ASSERT_EQ(names_.size(), 3u) << "library, --pid, -c";
	for (const std::string &name : names_)
		for (const Bad &bad : BadMessages()) {
			SCOPED_TRACE(std::string(bad.name) + " to " + name);
			Stranger stranger(name);

			ASSERT_TRUE(stranger.connected());
			EXPECT_TRUE(stranger.Send(bad.bytes, bad.fds));
			EXPECT_TRUE(stranger.AnsweredOrDropped(Milliseconds(2000)));
		}
	ExpectUnmoved();
	EXPECT_EQ(service_.Reload().code, 0);
}

// Versions may differ while an upgrade is under way: answered or refused, and harmless.
TEST_F(ControlTest, OtherVersionsOfTheProtocol)
{
	for (unsigned version : {0u, 2u, 0xffffu}) {
		Stranger stranger(names_.at(0));

		EXPECT_TRUE(stranger.Send(Message(AET_WIRE_MAGIC, AET_MSG_STATUS, version, 24)));
		EXPECT_TRUE(stranger.AnsweredOrDropped(Milliseconds(2000)));
	}
	ExpectUnmoved();
}

TEST_F(ControlTest, ClientThatAsksAndNeverReads)
{
	for (const std::string &name : names_)
		for (int i = 0; i < 50; i++) {
			Stranger stranger(name);

			for (int j = 0; j < 50; j++)
				if (!stranger.Send(Message(AET_WIRE_MAGIC, AET_MSG_STATUS, 1, 24)))
					break;
		}
	ExpectUnmoved();
}

TEST_F(ControlTest, ClientThatConnectsAndNeverAsksIsDropped)
{
	std::vector<Stranger> strangers;

	for (const std::string &name : names_)
		strangers.emplace_back(name);
	EXPECT_EQ(service_.Command("status").code, 0);
	for (const Stranger &stranger : strangers)
		EXPECT_TRUE(stranger.AnsweredOrDropped(kLong));
	ExpectUnmoved();
}

TEST_F(ControlTest, ThousandClientsAtOnce)
{
	Load load(service_.urls());
	rlimit limit = {};

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	ASSERT_TRUE(load.established());
	for (const std::string &name : names_) {
		std::vector<Stranger> strangers;

		for (int i = 0; i < 1000; i++) {
			strangers.emplace_back(name);
			EXPECT_TRUE(strangers.back().connected());
		}
		EXPECT_EQ(service_.Command("status").code, 0);
		EXPECT_LE(DescriptorsOf(service_.launcher().pid()), 400);
	}
	EXPECT_EQ(service_.Reload().code, 0);
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
}

TEST_F(ControlTest, OtherUsersAreRefused)
{
	if (geteuid() != 0)
		return; // only root can become somebody else
	for (const char *verb : {"reload", "stop", "status"}) {
		Output output = aet::Run(
			{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Launcher(),
				verb, "--pid", std::to_string(service_.launcher().pid())});

		EXPECT_NE(output.code, 0) << verb << output.out;
		EXPECT_EQ(output.out, "");
	}
	ExpectUnmoved();
}

} // namespace aet
