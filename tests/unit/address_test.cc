/* Addresses: text to address to text, from the kernel's sockaddrs, and every refusal's words. */
#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string.h>
#include <string>
#include <sys/un.h>

extern "C" {
#include "address.h"
#include "address_parse.h"
}

namespace
{

std::string format(const aet_address &address)
{
	char buf[AET_ADDRESS_TEXT];

	return aet_address_format(&address, buf, sizeof(buf));
}

/* The canonical text of text, or why it has none. */
std::string canonical(const std::string &text)
{
	aet_address address;
	const char *why = nullptr;

	if (aet_address_parse(text.c_str(), &address, &why) < 0)
		return std::string("error: ") + (why ? why : "(nothing)");
	return format(address);
}

bool fails_with(const std::string &text, const std::string &part)
{
	std::string result = canonical(text);
	bool fails = result.rfind("error: ", 0) == 0 && result.find(part) != std::string::npos;

	if (!fails)
		ADD_FAILURE() << text << " gives " << result;
	return fails;
}

aet_address from(const void *sockaddr, size_t length, int type = SOCK_STREAM)
{
	aet_address address = {};

	EXPECT_EQ(aet_address_from_sockaddr(static_cast<const struct sockaddr *>(sockaddr),
			  static_cast<socklen_t>(length), type, &address),
		0);
	return address;
}

TEST(Address, CanonicalTextStaysAsItIs)
{
	for (const char *text : {"tcp://0.0.0.0:8080", "tcp://127.0.0.1:1", "tcp://1.2.3.4:65535",
		     "udp://127.0.0.1:53", "tcp6://[::]:8080", "tcp6://[::1]:80",
		     "udp6://[2001:db8::1]:53", "tcp6://[fe80::1%2]:80",
		     "tcp6://[1:2:3:4:5:6:7:8]:9", "tcp6://[1::]:9", "tcp6://[::ffff:10.0.0.1]:80",
		     "tcp6://[0:1::]:80", "tcp6://[1:0:0:2::3]:80", "unix:///run/x.sock",
		     "unix://@abstract", "tcp://127.0.0.1:0"})
		EXPECT_EQ(canonical(text), text);
}

TEST(Address, OtherSpellingsBecomeCanonical)
{
	EXPECT_EQ(canonical("tcp://:8080"), "tcp://0.0.0.0:8080");
	EXPECT_EQ(canonical("tcp://*:8080"), "tcp://0.0.0.0:8080");
	EXPECT_EQ(canonical("tcp6://:8080"), "tcp6://[::]:8080");
	EXPECT_EQ(canonical("tcp6://*:8080"), "tcp6://[::]:8080");
	EXPECT_EQ(canonical("tcp://[::1]:80"), "tcp6://[::1]:80");
	EXPECT_EQ(canonical("udp://[::1]:80"), "udp6://[::1]:80");
	EXPECT_EQ(canonical("tcp6://[0:0:0:0:0:0:0:1]:80"), "tcp6://[::1]:80");
	EXPECT_EQ(canonical("tcp6://[2001:DB8::00A0]:80"), "tcp6://[2001:db8::a0]:80");
	EXPECT_EQ(canonical("tcp6://[::10.0.0.1]:80"), "tcp6://[::a00:1]:80");
	EXPECT_EQ(canonical("tcp6://[1:2:3:4:5:6:1.2.3.4]:80"), "tcp6://[1:2:3:4:5:6:102:304]:80");
	EXPECT_EQ(canonical("tcp6://[1:0:2:3:4:5:6:7]:80"), "tcp6://[1:0:2:3:4:5:6:7]:80");
	EXPECT_EQ(canonical("tcp://127.0.0.1:00080"), "tcp://127.0.0.1:80");
}

TEST(Address, FieldsAreTheKernels)
{
	aet_address address;
	sockaddr_in sin;

	ASSERT_EQ(aet_address_parse("tcp://127.0.0.1:8080", &address, nullptr), 0);
	memcpy(&sin, address.bytes, sizeof(sin));
	EXPECT_EQ(address.family, AF_INET);
	EXPECT_EQ(address.type, SOCK_STREAM);
	EXPECT_EQ(address.length, sizeof(sin));
	EXPECT_EQ(sin.sin_family, AF_INET);
	EXPECT_EQ(sin.sin_port, htons(8080));
	EXPECT_EQ(sin.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	EXPECT_EQ(aet_address_port(&address), 8080u);

	ASSERT_EQ(aet_address_parse("udp6://[::1]:53", &address, nullptr), 0);
	EXPECT_EQ(address.family, AF_INET6);
	EXPECT_EQ(address.type, SOCK_DGRAM);
	EXPECT_EQ(aet_address_port(&address), 53u);

	ASSERT_EQ(aet_address_parse("unix://@ab", &address, nullptr), 0);
	EXPECT_EQ(address.length, sizeof(sa_family_t) + 3);
	EXPECT_EQ(aet_address_port(&address), 0u);
	ASSERT_EQ(aet_address_parse("unix:///a", &address, nullptr), 0);
	EXPECT_EQ(address.length, sizeof(sa_family_t) + 3);
}

TEST(Address, HostNamesAreRefusedByName)
{
	EXPECT_TRUE(fails_with("tcp://localhost:80", "needs an IP address, not a host name"));
	EXPECT_TRUE(fails_with("tcp://example.com:80", "needs an IP address"));
}

TEST(Address, RefusalsSayWhatIsWanted)
{
	EXPECT_TRUE(fails_with("", "needs one of tcp://"));
	EXPECT_TRUE(fails_with("8080", "needs one of tcp://"));
	EXPECT_TRUE(fails_with("0.0.0.0:8080", "needs one of tcp://"));
	EXPECT_TRUE(fails_with("http://0.0.0.0:8080", "needs one of tcp://"));
	EXPECT_TRUE(fails_with("TCP://0.0.0.0:8080", "needs one of tcp://"));
	EXPECT_TRUE(fails_with("tcp://", "lacks a port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0", "lacks a port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0:", "lacks a port"));
	EXPECT_TRUE(fails_with("tcp6://[::]", "lacks a port"));
	EXPECT_TRUE(fails_with("tcp6://[::]:", "lacks a port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0:65536", "bad port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0:99999999999999999999", "bad port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0:80x", "bad port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0:-1", "bad port"));
	EXPECT_TRUE(fails_with("tcp://0.0.0.0: 80", "bad port"));
	EXPECT_TRUE(fails_with("tcp://256.0.0.1:80", "bad IPv4"));
	EXPECT_TRUE(fails_with("tcp://1.2.3:80", "bad IPv4"));
	EXPECT_TRUE(fails_with("tcp://1.2.3.4.5:80", "bad IPv4"));
	EXPECT_TRUE(fails_with("tcp://010.0.0.1:80", "bad IPv4"));
	EXPECT_TRUE(fails_with("tcp://1..2.3:80", "bad IPv4"));
	EXPECT_TRUE(fails_with("tcp://::1:80", "wants brackets"));
	EXPECT_TRUE(fails_with("tcp6://::1:80", "in brackets"));
	EXPECT_TRUE(fails_with("tcp6://0.0.0.0:80", "in brackets"));
	EXPECT_TRUE(fails_with("tcp6://[::1:80", "closing bracket"));
	EXPECT_TRUE(fails_with("tcp6://[::1%eth0]:80", "bad scope"));
	EXPECT_TRUE(fails_with("tcp6://[::1%]:80", "bad scope"));
	EXPECT_TRUE(fails_with("unix://", "absolute path"));
	EXPECT_TRUE(fails_with("unix://run/x.sock", "absolute path"));
	EXPECT_TRUE(fails_with("unix:///", "names no socket"));
	EXPECT_TRUE(fails_with("unix://@", "names no socket"));
}

TEST(Address, BadIpv6)
{
	for (const char *host : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		     "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:",
		     ":1", "1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1 "})
		EXPECT_TRUE(fails_with(std::string("tcp6://[") + host + "]:80", "bad IPv6 address"))
			<< host;
	EXPECT_EQ(canonical("tcp6://[1:2:3:4:5:6:7::]:1"), "tcp6://[1:2:3:4:5:6:7:0]:1");
}

TEST(Address, UnixNamesFitOrAreRefused)
{
	std::string path = "/" + std::string(106, 'p');
	std::string name = "@" + std::string(107, 'n');

	EXPECT_EQ(canonical("unix://" + path), "unix://" + path);
	EXPECT_TRUE(fails_with("unix://" + path + "p", "too long"));
	EXPECT_EQ(canonical("unix://" + name), "unix://" + name);
	EXPECT_TRUE(fails_with("unix://" + name + "n", "too long"));
}

TEST(Address, FailureTouchesNothing)
{
	aet_address address, before;

	memset(&address, 0xa5, sizeof(address));
	before = address;
	for (const char *text : {"tcp://x:1", "tcp6://[::1]:x", "unix://a", "tcp://1.2.3.4:99999"})
		EXPECT_EQ(aet_address_parse(text, &address, nullptr), -EINVAL);
	EXPECT_EQ(aet_address_from_sockaddr(
			  reinterpret_cast<sockaddr *>(&before), 1, SOCK_STREAM, &address),
		-EINVAL);
	EXPECT_EQ(memcmp(&address, &before, sizeof(address)), 0);
}

TEST(Address, FromSockaddrIsTheSameAsParsed)
{
	sockaddr_in sin;
	sockaddr_in6 sin6;
	aet_address parsed;

	memset(&sin, 0xff, sizeof(sin)); /* the padding must not count */
	sin.sin_family = AF_INET;
	sin.sin_port = htons(8080);
	sin.sin_addr.s_addr = htonl(INADDR_ANY);
	aet_address address = from(&sin, sizeof(sin), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
	ASSERT_EQ(aet_address_parse("tcp://0.0.0.0:8080", &parsed, nullptr), 0);
	EXPECT_EQ(memcmp(&address, &parsed, sizeof(parsed)), 0);

	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = htons(80);
	sin6.sin6_flowinfo = 7;
	sin6.sin6_addr = in6addr_loopback;
	address = from(&sin6, sizeof(sin6));
	ASSERT_EQ(aet_address_parse("tcp6://[::1]:80", &parsed, nullptr), 0);
	EXPECT_EQ(memcmp(&address, &parsed, sizeof(parsed)), 0);
}

TEST(Address, UnixFromSockaddr)
{
	sockaddr_un sun = {};
	aet_address parsed;
	const size_t offset = offsetof(sockaddr_un, sun_path);

	sun.sun_family = AF_UNIX;
	strcpy(sun.sun_path, "/run/x");
	strcpy(sun.sun_path + 20, "left over");
	ASSERT_EQ(aet_address_parse("unix:///run/x", &parsed, nullptr), 0);
	for (size_t length : {offset + 6, offset + 7, sizeof(sun)}) {
		aet_address address = from(&sun, length);

		EXPECT_EQ(format(address), "unix:///run/x");
		EXPECT_TRUE(length == offset + 6 || memcmp(&address, &parsed, sizeof(parsed)) == 0)
			<< length;
	}
	EXPECT_EQ(format(from(&sun, offset + 7, SOCK_DGRAM)), "unixgram:///run/x");
	EXPECT_EQ(format(from(&sun, offset + 7, SOCK_SEQPACKET)), "unixpacket:///run/x");
	EXPECT_EQ(format(from(&sun, offset)), "unix://");

	memset(sun.sun_path, 'a', sizeof(sun.sun_path)); /* no NUL anywhere */
	EXPECT_EQ(format(from(&sun, sizeof(sun))), "unix://" + std::string(108, 'a'));
	memcpy(sun.sun_path, "\0a\0b\n", 5);
	EXPECT_EQ(format(from(&sun, offset + 5)), "unix://@a?b?");
}

TEST(Address, FromSockaddrRefuses)
{
	sockaddr_in sin = {};
	aet_address address;
	sockaddr *sa = reinterpret_cast<sockaddr *>(&sin);

	sin.sin_family = AF_INET;
	EXPECT_EQ(aet_address_from_sockaddr(sa, sizeof(sin) - 1, SOCK_STREAM, &address), -EINVAL);
	EXPECT_EQ(aet_address_from_sockaddr(sa, 0, SOCK_STREAM, &address), -EINVAL);
	sin.sin_family = AF_INET6;
	EXPECT_EQ(aet_address_from_sockaddr(sa, sizeof(sin), SOCK_STREAM, &address), -EINVAL);
	sin.sin_family = AF_NETLINK;
	EXPECT_EQ(aet_address_from_sockaddr(sa, sizeof(sin), SOCK_RAW, &address), -EAFNOSUPPORT);
	sin.sin_family = AF_UNIX;
	char big[256] = {};
	memcpy(big, &sin, sizeof(sin));
	sa = reinterpret_cast<sockaddr *>(big);
	EXPECT_EQ(aet_address_from_sockaddr(sa, 111, SOCK_STREAM, &address), -EINVAL);
}

TEST(Address, FormatKeepsToItsBuffer)
{
	aet_address address;
	char buf[32];

	ASSERT_EQ(aet_address_parse("tcp6://[2001:db8::1]:8080", &address, nullptr), 0);
	for (size_t size = 0; size < sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		aet_address_format(&address, buf, size);
		for (size_t i = size; i < sizeof(buf); i++)
			ASSERT_EQ(buf[i], 'x') << size;
		if (size > 0) {
			EXPECT_EQ(std::string(buf),
				std::string("tcp6://[2001:db8::1]:8080").substr(0, size - 1));
		}
	}
	memset(&address, 0xff, sizeof(address)); /* nonsense is formatted without harm */
	EXPECT_EQ(format(address), "unknown://");
	address.family = AF_UNIX;
	address.type = SOCK_STREAM;
	EXPECT_LT(format(address).size(), static_cast<size_t>(AET_ADDRESS_TEXT));
}

} // namespace
