// One WebSocket client of examples/websocket_agent.py, by hand.
#ifndef AET_TESTS_WEBSOCKET_PEER_H
#define AET_TESTS_WEBSOCKET_PEER_H

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace aet
{

class WebSocketPeer
{
      public:
	explicit WebSocketPeer(int port)
	{
		sockaddr_in in = {};

		in.sin_family = AF_INET;
		in.sin_port = htons(static_cast<uint16_t>(port));
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr *>(&in), sizeof(in)), 0);
		Send("GET /peer HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
		     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
		EXPECT_NE(Receive().find(" 101 "), std::string::npos);
	}
	WebSocketPeer(const WebSocketPeer &) = delete;
	WebSocketPeer &operator=(const WebSocketPeer &) = delete;
	~WebSocketPeer()
	{
		close(fd_);
	}
	// Short and without a mask's effect: its key is zero.
	std::string Say(const std::string &text)
	{
		Send("\x81" + std::string(1, static_cast<char>(0x80 | text.size())) +
			std::string(4, '\0') + text);
		return Receive();
	}
	// Says goodbye, and waits until the other side is gone as well.
	bool Leave(int milliseconds)
	{
		Send(std::string("\x88\x80\0\0\0\0", 6));
		return Ends(milliseconds);
	}
	bool Ends(int milliseconds)
	{
		std::string last;

		do
			last = Receive(milliseconds);
		while (!last.empty() && last != kSilence);
		return last.empty();
	}

      private:
	static constexpr char kSilence[] = "nothing came";

	void Send(const std::string &text)
	{
		EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
			static_cast<ssize_t>(text.size()));
	}
	std::string Receive(int milliseconds = 10000)
	{
		pollfd entry = {fd_, POLLIN, 0};
		char buffer[4096];
		ssize_t got;

		if (poll(&entry, 1, milliseconds) != 1)
			return kSilence;
		got = recv(fd_, buffer, sizeof(buffer), 0);
		return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
	}

	int fd_;
};

} // namespace aet

#endif
