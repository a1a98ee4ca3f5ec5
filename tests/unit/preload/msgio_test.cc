// Messages over a real socket pair: what is cut short, too long, foreign or has lost descriptors is
// refused as a whole, and no descriptor of it stays open.
#include "library.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace aet
{

class Message : public testing::Test
{
      protected:
	Message() : open_(DescriptorsOf(getpid()))
	{
		EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_), 0);
	}
	~Message() override
	{
		close(ends_[0]);
		close(ends_[1]);
		EXPECT_EQ(DescriptorsOf(getpid()), open_); // nothing stays open
	}
	int Send(const void *bytes, size_t length, const std::vector<int> &fds = {}) const
	{
		return aet_message_send(ends_[0], bytes, length, fds.data(),
			static_cast<int>(fds.size()), MSG_DONTWAIT);
	}
	// More descriptors than aet_message_send() takes.
	void SendRaw(const std::vector<int> &fds) const
	{
		aet_header header;
		iovec iov = {&header, sizeof(header)};
		std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
		msghdr msg = {};

		aet_header_init(&header, AET_MSG_WAKE, 0, 0);
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = control.data();
		msg.msg_controllen = control.size();
		cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds.data(), fds.size() * sizeof(int));
		EXPECT_EQ(sendmsg(ends_[0], &msg, 0), static_cast<ssize_t>(sizeof(header)));
	}
	int Receive(aet_message *message) const
	{
		return aet_message_receive(ends_[1], message, MSG_DONTWAIT);
	}
	int ends_[2];

      private:
	int open_;
};

TEST_F(Message, ArrivesAsItWasSentWithItsDescriptorsCloseOnExec)
{
	aet_bind bind = {};
	aet_message message;
	std::vector<int> fds;

	for (int i = 0; i < AET_MESSAGE_FDS; i++)
		fds.push_back(open("/dev/null", O_RDONLY));
	aet_header_init(&bind.header, AET_MSG_BIND, 77, -3);
	bind.cookie = 0x1234;
	ASSERT_EQ(Send(&bind, sizeof(bind), fds), 0);
	for (int fd : fds)
		EXPECT_EQ(close(fd), 0); // the sender keeps its own
	ASSERT_EQ(Receive(&message), 1);
	EXPECT_EQ(message.length, sizeof(bind));
	EXPECT_EQ(memcmp(message.bytes, &bind, sizeof(bind)), 0);
	EXPECT_EQ(message.header.version, AET_WIRE_VERSION);
	ASSERT_EQ(message.fd_count, AET_MESSAGE_FDS);
	for (int i = 0; i < AET_MESSAGE_FDS; i++)
		EXPECT_EQ(fcntl(message.fds[i], F_GETFD), FD_CLOEXEC);
	int taken = aet_message_take_fd(&message, 2);
	EXPECT_GE(taken, 0);
	EXPECT_EQ(aet_message_take_fd(&message, 2), -1);
	EXPECT_EQ(aet_message_take_fd(&message, -1), -1);
	EXPECT_EQ(aet_message_take_fd(&message, AET_MESSAGE_FDS), -1);
	aet_message_drop(&message);
	aet_message_drop(&message);
	EXPECT_EQ(close(taken), 0); // taken out: not the message's to close
}

TEST_F(Message, TooManyDescriptorsAreNotSent)
{
	aet_header header;
	std::vector<int> fds(AET_MESSAGE_FDS + 1, 0);

	aet_header_init(&header, AET_MSG_WAKE, 0, 0);
	EXPECT_EQ(Send(&header, sizeof(header), fds), -EINVAL);
	EXPECT_EQ(aet_message_send(ends_[0], &header, sizeof(header), nullptr, -1, 0), -EINVAL);
}

TEST_F(Message, TooManyDescriptorsAreRefusedAndClosed)
{
	for (size_t count : {AET_MESSAGE_FDS + 1, AET_MESSAGE_FDS + 3, 253}) {
		aet_message message;

		SendRaw(std::vector<int>(count, 0));
		EXPECT_EQ(Receive(&message), -EMFILE) << count;
		EXPECT_EQ(message.fd_count, 0);
	}
}

// The receiver is at RLIMIT_NOFILE: the data arrives, some or all of the descriptors do not.
TEST_F(Message, DescriptorsLostAtTheLimitAreAFailureAndNothingLeaks)
{
	for (int room = 0; room <= AET_MESSAGE_FDS; room++) {
		aet_message message;
		rlimit before;
		rlimit low;
		int lowest = LowestFree();

		SendRaw(std::vector<int>(AET_MESSAGE_FDS, 0));
		getrlimit(RLIMIT_NOFILE, &before);
		low = before;
		low.rlim_cur = static_cast<rlim_t>(lowest);
		for (int free = 0; free < room; low.rlim_cur++)
			free += !IsOpen(static_cast<int>(low.rlim_cur));
		setrlimit(RLIMIT_NOFILE, &low);
		int result = Receive(&message);
		setrlimit(RLIMIT_NOFILE, &before);
		EXPECT_EQ(result, room == AET_MESSAGE_FDS ? 1 : -EMFILE) << room;
		aet_message_drop(&message);
		EXPECT_EQ(LowestFree(), lowest);
	}
}

TEST_F(Message, AtTheLargestSizeAndOneBeyond)
{
	char bytes[AET_MESSAGE_MAX + 1] = {};
	aet_message message;

	aet_header_init(reinterpret_cast<aet_header *>(bytes), AET_MSG_WAKE, 0, 0);
	ASSERT_EQ(Send(bytes, AET_MESSAGE_MAX), 0);
	EXPECT_EQ(Receive(&message), 1);
	EXPECT_EQ(message.length, size_t{AET_MESSAGE_MAX});
	ASSERT_EQ(Send(bytes, AET_MESSAGE_MAX + 1, {0, 0}), 0);
	EXPECT_EQ(Receive(&message), -EBADMSG);
	EXPECT_EQ(message.fd_count, 0);
}

TEST_F(Message, ShorterThanAHeader)
{
	aet_header header;
	aet_message message;

	aet_header_init(&header, AET_MSG_WAKE, 0, 0);
	for (size_t length = 1; length < sizeof(header); length++) {
		ASSERT_EQ(Send(&header, length, {0}), 0);
		EXPECT_EQ(Receive(&message), -EBADMSG) << length;
		EXPECT_EQ(message.fd_count, 0);
	}
	ASSERT_EQ(Send(&header, sizeof(header)), 0);
	EXPECT_EQ(Receive(&message), 1);
}

TEST_F(Message, AnotherMagicIsRefused)
{
	aet_header header;
	aet_message message;

	for (uint32_t magic : {0u, AET_WIRE_MAGIC ^ 1, AET_WIRE_MAGIC ^ 0x80000000u}) {
		aet_header_init(&header, AET_MSG_WAKE, 0, 0);
		header.magic = magic;
		ASSERT_EQ(Send(&header, sizeof(header), {0}), 0);
		EXPECT_EQ(Receive(&message), -EBADMSG);
		EXPECT_EQ(message.fd_count, 0);
	}
}

// An empty datagram cannot be told from the end: it counts as that. Nothing to read is neither.
TEST_F(Message, TheEndAnEmptyOneAndNothingToRead)
{
	aet_message message;

	EXPECT_EQ(Receive(&message), -EAGAIN);
	ASSERT_EQ(send(ends_[0], "", 0, 0), 0);
	EXPECT_EQ(Receive(&message), 0);
	EXPECT_EQ(message.fd_count, 0);
	// With descriptors: they came all the same, and are closed.
	ASSERT_EQ(Send("", 0, {0, 0, 0}), 0);
	EXPECT_EQ(Receive(&message), 0);
	EXPECT_EQ(message.fd_count, 0);
	shutdown(ends_[0], SHUT_RDWR);
	EXPECT_EQ(Receive(&message), 0);
	EXPECT_EQ(Send("x", 1), -EPIPE); // and no SIGPIPE
	EXPECT_EQ(aet_message_receive(-1, &message, 0), -EBADF);
}

TEST_F(Message, ANoteNeverWaitsForRoom)
{
	aet_header header;
	int sent = 0;

	aet_header_init(&header, AET_MSG_WAKE, 0, 0);
	while (Send(&header, sizeof(header)) == 0)
		sent++;
	EXPECT_GT(sent, 0);
	EXPECT_EQ(Send(&header, sizeof(header)), -EAGAIN);
}

TEST_F(Message, ABodyOfItsTypeAndAtLeastItsSize)
{
	aet_gated gated = {};
	aet_message message;

	aet_header_init(&gated.header, AET_MSG_GATED, 0, 0);
	gated.word = 0x1122334455667788;
	ASSERT_EQ(Send(&gated, sizeof(gated)), 0);
	ASSERT_EQ(Receive(&message), 1);
	EXPECT_EQ(aet_message_body(&message, AET_MSG_GATED, sizeof(gated)), message.bytes);
	EXPECT_EQ(AET_MESSAGE_BODY(&message, AET_MSG_GATED, aet_gated)->word, gated.word);
	message.length++; // a newer sender's, which has more at its end
	EXPECT_NE(AET_MESSAGE_BODY(&message, AET_MSG_GATED, aet_gated), nullptr);
}

TEST_F(Message, NoBodyOfAnotherTypeOrAShorterOne)
{
	aet_message message = {};

	aet_header_init(&message.header, AET_MSG_GATED, 0, 0);
	message.length = sizeof(aet_gated);
	EXPECT_EQ(AET_MESSAGE_BODY(&message, AET_MSG_FOLLOWED, aet_followed), nullptr);
	EXPECT_EQ(AET_MESSAGE_BODY(&message, AET_MSG_GATED | AET_WIRE_REPLY, aet_gated), nullptr);
	for (message.length = 0; message.length < sizeof(aet_gated); message.length++)
		EXPECT_EQ(AET_MESSAGE_BODY(&message, AET_MSG_GATED, aet_gated), nullptr)
			<< message.length;
}

// Every row of messages.def: a request at its exact length, a byte short, longer, and with one
// descriptor less and more than it may have.
class Request : public testing::Test
{
      protected:
	static int Check(unsigned type, size_t length, int fds)
	{
		aet_message message = {};

		aet_header_init(&message.header, type, 0, 0);
		message.length = length;
		message.fd_count = fds;
		return aet_message_check_request(&message);
	}
	static void Row(unsigned type, size_t length, int least, int most)
	{
		for (int fds = 0; fds <= AET_MESSAGE_FDS; fds++) {
			int wanted = fds < least || fds > most ? -EBADMSG : 0;

			EXPECT_EQ(Check(type, length, fds), wanted) << type << " " << fds;
			EXPECT_EQ(Check(type, AET_MESSAGE_MAX, fds), wanted) << type << " " << fds;
			EXPECT_EQ(Check(type, length - 1, fds), -EBADMSG) << type << " " << fds;
			EXPECT_EQ(Check(type, 0, fds), -EBADMSG);
		}
		EXPECT_LE(length, size_t{AET_MESSAGE_MAX});
		EXPECT_EQ(Check(type | AET_WIRE_REPLY, length, least), -EOPNOTSUPP);
	}
};

TEST_F(Request, EveryRowAtItsLengthAndCount)
{
#define MSG(number, NAME, name, in_min, in_max, out_min, out_max)                                  \
	Row(number, sizeof(aet_##name), in_min, in_max);                                           \
	EXPECT_STREQ(aet_message_name(number), #NAME);                                             \
	EXPECT_STREQ(aet_message_name((number) | AET_WIRE_REPLY), #NAME);                          \
	EXPECT_LE(sizeof(aet_##name##_reply), size_t{AET_MESSAGE_MAX});                            \
	EXPECT_LE(out_max, AET_MESSAGE_FDS);
#define NOTE(number, NAME, name)                                                                   \
	Row(number, sizeof(aet_##name), 0, 0);                                                     \
	EXPECT_STREQ(aet_message_name(number), #NAME);
#define RETIRED(number, NAME)                                                                      \
	Row(number, sizeof(aet_header), 0, 0);                                                     \
	EXPECT_STREQ(aet_message_name(number), #NAME);
#include "aeterna/messages.def"
}

TEST_F(Request, NoOtherTypeIsKnown)
{
	std::vector<bool> known(0x10000);

#define MSG(number, NAME, name, in_min, in_max, out_min, out_max) known[number] = true;
#define NOTE(number, NAME, name)                                  known[number] = true;
#define RETIRED(number, NAME)                                     known[number] = true;
#include "aeterna/messages.def"
	for (unsigned type = 0; type <= 0xffff; type++) {
		if (known[type])
			continue;
		EXPECT_EQ(Check(type, AET_MESSAGE_MAX, 0), -EOPNOTSUPP) << type;
		EXPECT_EQ(Check(type, AET_MESSAGE_MAX, 1), -EOPNOTSUPP) << type;
	}
	EXPECT_STREQ(aet_message_name(0), "unknown");
	EXPECT_STREQ(aet_message_name(0x7fff), "unknown");
}

} // namespace aet
