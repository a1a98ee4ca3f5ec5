// Connections that cannot migrate stay: each of these runs to its end in the old generation, byte
// for byte, while the new one serves. migrate_programs_test.cc has those that can.

#include <gtest/gtest.h>

#include <unistd.h>

#include "service.h"

namespace aet
{

constexpr size_t kDownload = 100u << 20;
constexpr size_t kBlock = 4096;

static const Program kStreams = {"streams", {"{B}/streams"}, {"http://127.0.0.1:{P}/"}, {}, false};
static const Program kStdio = {
	"stdio", {"{B}/streams"}, {"http://127.0.0.1:{P}/"}, {"STDIO=1"}, false};

class StayBehindTest : public testing::Test
{
      protected:
	void Begin(const Program &program)
	{
		service_.reset();
		service_ = std::make_unique<Service>(program,
			std::vector<std::string>{
				"handoff.drain_timeout: 60s", "service.ready_after: 100ms"});
		service_->Start();
		connection_ = std::make_unique<Connection>(url());
	}
	std::string url() const
	{
		return service_->urls()[0];
	}
	// The new version serves, the connection stays where it is, and `status` says so.
	void Swap()
	{
		service_->SetVersion(2);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0);
		nlohmann::json status = service_->Status();
		EXPECT_EQ(status["connections"]["draining"], 1) << status;
		ASSERT_EQ(status["draining"].size(), 1u) << status;
		EXPECT_EQ(status["draining"][0]["generation"], 1);
		EXPECT_EQ(status["draining"][0]["connections"], 1);
		EXPECT_EQ(status["last_swap"]["connections_moved"], 0);
	}
	// Once it is at its end, nothing holds the old generation, and the connection may go on in
	// the new one.
	void ExpectOldGone()
	{
		EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); }))
			<< service_->Status() << service_->log();
	}
	void ExpectMovedNow()
	{
		ExpectOldGone();
		connection_->Ask();
		EXPECT_EQ(connection_->Answer().compare(0, 3, "v2 "), 0) << service_->log();
		EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 1);
	}
	void ExpectEcho(const std::string &line)
	{
		std::string echoed = "v1:" + line + "\n";

		connection_->Send(line + "\n");
		EXPECT_EQ(connection_->Receive(echoed.size()), echoed) << service_->log();
	}
	// It stays with its old owner to its end, which the client brings about.
	void ExpectEchoStays(const std::string &first)
	{
		ExpectEcho(first);
		Swap();
		ExpectEcho("GET / HTTP/1.1\r");
		ExpectEcho("and more");
		connection_.reset();
		ExpectOldGone();
	}
	void ExpectAnswersStay(const std::string &path)
	{
		connection_->Ask(path);
		EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0);
		Swap();
		for (int i = 0; i < 3; i++) {
			connection_->Ask();
			EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0) << service_->log();
		}
		EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 0);
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Connection> connection_;
};

TEST_F(StayBehindTest, BytesLikeTls)
{
	Begin(kStreams);
	ExpectEchoStays(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
}

TEST_F(StayBehindTest, LinesOfAnotherProtocol)
{
	Begin(kStreams);
	ExpectEchoStays("*1 ping");
}

TEST_F(StayBehindTest, AnUpgradedConnection)
{
	Begin(kStreams);
	connection_->Send("GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
			  "Upgrade: echo\r\n\r\n");
	EXPECT_NE(connection_->Receive(72).find("101 Switching"), std::string::npos);
	ExpectEchoStays("hello");
}

TEST_F(StayBehindTest, AHalfReadRequest)
{
	Begin(kStreams);
	connection_->Ask();
	EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0);
	connection_->Send("GET / HT");
	// It is in flight as soon as the program has read it.
	EXPECT_TRUE(Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }))
		<< service_->Status();
	Swap();
	connection_->Send("TP/1.1\r\nHost: x\r\n");
	EXPECT_FALSE(connection_->Readable(Milliseconds(100)));
	connection_->Send("\r\n");
	EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0) << service_->log();
	ExpectMovedNow();
}

TEST_F(StayBehindTest, ASlowUpload)
{
	unsigned long sum = 0;
	std::string chunk;

	Begin(kStreams);
	connection_->Send("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 200; i++) {
		if (i == 50)
			Swap();
		chunk.assign(static_cast<size_t>(1 + i * 7 % 300), static_cast<char>('a' + i % 26));
		for (char c : chunk)
			sum = sum * 31 + static_cast<unsigned char>(c);
		char size[16];
		(void)snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
		// In pieces that end anywhere.
		std::string bytes = size + chunk + "\r\n";
		connection_->Send(bytes.substr(0, bytes.size() / 2));
		connection_->Send(bytes.substr(bytes.size() / 2));
	}
	EXPECT_FALSE(connection_->Readable(Milliseconds(100)));
	connection_->Send("0\r\n\r\n");
	std::string answer = connection_->Answer();
	EXPECT_EQ(answer.compare(0, 3, "v1 "), 0) << answer;
	EXPECT_NE(answer.find(" " + std::to_string(sum) + "\n"), std::string::npos) << answer;
	ExpectMovedNow();
}

static void ExpectBlocks(const std::string &body)
{
	ASSERT_EQ(body.size(), kDownload);
	for (size_t i = 0; i < kDownload / kBlock; i++) {
		uint64_t number;

		memcpy(&number, &body[i * kBlock], sizeof(number));
		ASSERT_EQ(number, i);
		ASSERT_EQ(body.find_first_not_of('\0', i * kBlock + 8) >= (i + 1) * kBlock, true);
	}
}

TEST_F(StayBehindTest, ADownload)
{
	Begin(kStreams);
	connection_->Ask("/download");
	std::string head = "HTTP/1.1 200 OK\r\nX-Version: v1\r\nContent-Length: 104857600\r\n\r\n";
	EXPECT_EQ(connection_->Receive(head.size()), head);
	std::string body = connection_->Receive(1u << 20);
	Swap();
	body += connection_->Receive(kDownload - body.size(), kLong);
	ExpectBlocks(body);
	ExpectMovedNow();
}

// By sendfile(2), whose bytes pass no hook.
TEST_F(StayBehindTest, ADownloadOfNginx)
{
	Begin(ProgramNamed("nginx"));
	std::string file(kDownload, '\0');
	for (uint64_t i = 0; i < kDownload / kBlock; i++)
		memcpy(&file[i * kBlock], &i, sizeof(i));
	WriteFile(service_->directory() + "/www/file", file);
	connection_->Ask("/www/file");
	std::string start = connection_->Receive(1u << 20);
	size_t head = start.find("\r\n\r\n") + 4;
	std::string body = start.substr(head);
	Swap();
	body += connection_->Receive(kDownload - body.size(), kLong);
	ExpectBlocks(body);
	ExpectMovedNow();
}

TEST_F(StayBehindTest, ServerSentEvents)
{
	Begin(kStreams);
	connection_->Ask("/events");
	std::string text = connection_->Receive(400);
	Swap();
	text += connection_->Receive(400);
	WriteFile(service_->directory() + "/finish", "");
	while (text.size() < 5 || text.compare(text.size() - 5, 5, "0\r\n\r\n") != 0) {
		std::string more = connection_->Receive(1);

		ASSERT_EQ(more.size(), 1u) << text;
		text += more;
	}
	size_t at = text.find("\r\n\r\n") + 4;
	for (int i = 0; text.compare(at, 3, "0\r\n") != 0; i++) {
		std::string event = "data: v1 " + std::to_string(i) + "\n\n";
		char size[16];

		(void)snprintf(size, sizeof(size), "%zx\r\n", event.size());
		std::string chunk = size + event + "\r\n";
		ASSERT_EQ(text.compare(at, chunk.size(), chunk), 0) << text;
		at += chunk.size();
	}
	ExpectMovedNow();
}

TEST_F(StayBehindTest, AConnectionWithTwoNumbers)
{
	Begin(kStreams);
	ExpectAnswersStay("/dup");
}

TEST_F(StayBehindTest, AConnectionPassedOn)
{
	Begin(kStreams);
	ExpectAnswersStay("/pass");
}

TEST_F(StayBehindTest, AConnectionReadByStdio)
{
	Begin(kStdio);
	ExpectAnswersStay("/");
}

// Nothing seems to be owed; what the kernel counted tells otherwise.
TEST_F(StayBehindTest, ARequestReadPastEveryHook)
{
	Begin(kStreams);
	connection_->Ask("/unseen");
	EXPECT_EQ(connection_->Answer(), "v1");
	connection_->Ask();
	EXPECT_TRUE(Eventually([&] {
		return access((service_->directory() + "/finish.not").c_str(), F_OK) == 0;
	}));
	Swap();
	WriteFile(service_->directory() + "/finish", "");
	EXPECT_EQ(connection_->Answer(), "v1") << service_->log();
}

// Its first request is still to come: no byte tells yet who reads it.
TEST_F(StayBehindTest, ASilentConnectionReadByStdio)
{
	Begin(kStdio);
	EXPECT_TRUE(Eventually([&] { return service_->Status()["connections"]["open"] == 1; }));
	Swap();
	for (int i = 0; i < 3; i++) {
		connection_->Ask();
		EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0) << service_->log();
	}
}

// A Unix socket counts no bytes: one whole exchange has to tell that they pass us.
TEST_F(StayBehindTest, ASilentUnixConnectionMovesAfterItsFirstAnswer)
{
	for (const char *name : {"unix_c", "unix_python"}) {
		SCOPED_TRACE(name);
		Begin(ProgramNamed(name));
		EXPECT_TRUE(
			Eventually([&] { return service_->Status()["connections"]["open"] == 1; }));
		Swap();
		connection_->Ask();
		EXPECT_EQ(connection_->Answer().compare(0, 3, "v1 "), 0);
		ExpectMovedNow();
	}
}

// Nobody knows yet who speaks first: it moves when its client asks, or at the boundary after that where
// a thread reads already.
TEST_F(StayBehindTest, ASilentConnectionMovesOnceItsClientHasSpoken)
{
	for (const char *name : {"epoll", "threaded", "asyncio"}) {
		SCOPED_TRACE(name);
		Begin(ProgramNamed(name));
		EXPECT_TRUE(Eventually([&] {
			return service_->Status()["connections"]["open"] == 1;
		})) << service_->Status()
		    << service_->log();
		Swap();
		connection_->Ask();
		EXPECT_EQ(connection_->Answer().compare(
				  0, 3, name == std::string("threaded") ? "v1 " : "v2 "),
			0)
			<< service_->log();
		ExpectMovedNow();
	}
}

} // namespace aet
