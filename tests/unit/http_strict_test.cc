// The framing tracker gives up at whatever two parsers may read in two ways.

#include "http_talk.h"

TEST(HttpStrictTest, LinesOfAnyLength)
{
	for (size_t length = 1; length < 2 * TRACKER_LINE + 40; length++) {
		const std::string x(length, 'x');
		const std::string get = "GET /" + x + " HTTP/1.1\r\nCookie: " + x +
			"\r\nContent-Length: 2\r\n\r\nhi";
		const std::string ok = "HTTP/1.1 200 " + x + "\r\nSet-Cookie: " + x +
			"\r\nContent-Length: 3\r\n\r\n" + "abc";

		EXPECT_EQ(WordAfter({Ask(get), Tell(ok)}), "idle") << length;
		EXPECT_EQ(WordAfter({Ask("GET /" + x + " HTTP/1.2\r\n")}), "lost") << length;
		EXPECT_EQ(WordAfter({Ask("GET /" + x + " HTTP/1.0\r\n\r\n"), Tell(kOk)}), "closing")
			<< length;
		EXPECT_EQ(WordAfter({Ask(std::string(length, 'A') + " / HTTP/1.1\r\n")}),
			length > TRACKER_METHOD ? "lost" : "busy")
			<< length;
		// A control character anywhere in a line.
		EXPECT_EQ(WordAfter({Ask("GET /" + x + "\r" + x + " HTTP/1.1\r\n")}), "lost");
		EXPECT_EQ(WordAfter({Ask("GET / HTTP/1.1\r\nA: " + x + std::string(1, '\0') + x +
				  "\r\n")}),
			"lost");
	}
}

TEST(HttpStrictTest, HeaderNames)
{
	const std::string longest(TRACKER_LINE - 17, 'n');

	EXPECT_EQ(WordAfter({Ask(Get(longest + ":v")), Tell(kOk)}), "idle");
	EXPECT_EQ(WordAfter({Ask(Get(longest + "n:v"))}), "lost");
	EXPECT_EQ(WordAfter({Ask(Get("A:\tb\xc3\xa4\x85\xff")), Tell(kOk)}), "idle");
	for (size_t length = 0; length < 40; length++)
		for (const char *bad : {" ", "\t", "\x7f", "\xa0", "\xc3\xa4", "\v"}) {
			const std::string name = std::string(length, 'n') + bad + "n:";

			EXPECT_EQ(WordAfter({Ask(Get(name))}), "lost") << length;
			EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 200 OK", name))}),
				"lost");
		}
}

// Whatever two parsers may read in two ways.
TEST(HttpStrictTest, GivesUpAtHeaders)
{
	const std::string size = "Content-Length: 5\r\n";
	const std::string coding = "Transfer-Encoding: chunked\r\n";

	for (const std::string &bad : {size + size, size + "Content-Length: 6\r\n", size + coding,
		     coding + size, coding + coding, std::string("Content-Length : 5\r\n"),
		     std::string("Content-Length: 5 \r\n"), std::string("Content-Length: 5\t\r\n"),
		     std::string("Transfer-Encoding: chunked\t\r\n"),
		     std::string("Transfer-Encoding: chunked \r\n"),
		     std::string("Connection: keep-alive \r\n"), std::string("Connection: \r\n"),
		     std::string("Content-Length\t: 5\r\n"), std::string("Content-Length\v: 5\r\n"),
		     std::string(" Content-Length: 5\r\n"), std::string("A: b\r\n folded\r\n"),
		     std::string("A: b\r\n\tfolded\r\n"), std::string("Content-Length:\r\n"),
		     std::string("Content-Length\r\n"), std::string("Content-Length: 5, 5\r\n"),
		     std::string("Content-Length: +5\r\n"), std::string("Content-Length: -5\r\n"),
		     std::string("Content-Length: 0x5\r\n"), std::string("Content-Length: 5 5\r\n"),
		     std::string("Content-Length: 5;\r\n"),
		     std::string("Content-Length: 1234567890123456789\r\n"),
		     std::string("Content-Length: ") + std::string(TRACKER_LINE, ' ') + "5\r\n",
		     std::string("Transfer-Encoding : chunked\r\n"),
		     std::string("Transfer-Encoding\r\n"), std::string("Transfer-Encoding:\r\n"),
		     std::string("Transfer-Encoding: gzip\r\n"),
		     std::string("Transfer-Encoding: identity\r\n"),
		     std::string("Transfer-Encoding: gzip, chunked\r\n"),
		     std::string("Transfer-Encoding: chunked, chunked\r\n"),
		     std::string("Transfer-Encoding: xchunked\r\n"),
		     std::string("Transfer-Encoding: chunked;q=1\r\n"),
		     std::string("Transfer-Encoding: ") + std::string(TRACKER_LINE, ' ') +
			     "chunked\r\n",
		     std::string("Connection : close\r\n"), std::string("no colon\r\n"),
		     std::string("nocolon\r\n"), std::string(": nameless\r\n"),
		     std::string("A: b\rContent-Length: 5\r\n"), std::string("A: b\n"),
		     std::string("A: b\r\r\n"), std::string("A: b\fc\r\n"), std::string("\n"),
		     std::string("\r\r\n"), std::string("A: b\r\n\n")}) {
		const std::string end = bad.back() == '\n' ? "\r\n" : "";

		EXPECT_EQ(WordAfter({Ask("POST / HTTP/1.1\r\n" + bad + end)}), "lost") << bad;
		EXPECT_EQ(WordAfter({Ask(kGet), Tell("HTTP/1.1 200 OK\r\n" + bad + end)}), "lost")
			<< bad;
	}
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 123456789012345678", "x"))}), "busy");
	EXPECT_EQ(WordAfter({Ask(Post("Content-Lengt: 5\r\nContent-Length2: 5\r\n"
				      "Transfer-Encodin: a\r\nTransfer-Encoding-X: a",
				     "")),
			  Tell(kOk)}),
		"idle");
}

TEST(HttpStrictTest, GivesUpAtFirstLines)
{
	for (const char *bad : {"get / HTTP/1.1\r\n", "Get / HTTP/1.1\r\n", "GET /\r\n",
		     "GET / HTTP/1.2\r\n", "GET / HTTP/2.0\r\n", "GET / http/1.1\r\n",
		     "GET / HTTP/1.1 \r\n", "GET  HTTP/1.1\r\n", "GET /HTTP/1.1\r\n",
		     "GET\t/ HTTP/1.1\r\n", " GET / HTTP/1.1\r\n", "\r\n", "\n", "GET / HTTP/1.1\n",
		     "GET / HTTP/1.1\r\r\n", "G3T / HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n",
		     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/1.1\r\n", "/ HTTP/1.1\r\n",
		     "HTTP/1.1 200 OK\r\n", "*1\r\n$4\r\nPING\r\n", "\x16\x03\x01\x02",
		     "GET /a\x01 HTTP/1.1\r\n"})
		EXPECT_EQ(WordAfter({Ask(bad)}), "lost") << bad;
	for (const char *bad : {"HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n",
		     "HTTP/1.1  200 OK\r\n", "HTTP/1.1 200OK\r\n", "HTTP/1.2 200 OK\r\n",
		     "HTTP/2 200\r\n", "http/1.1 200 OK\r\n", "HTTP/1.1 2x0 OK\r\n", "\r\n",
		     "HTTP/1.1 200 OK\n", "ICY 200 OK\r\n", "hello\r\n", "HTTP/1.1\r\n",
		     "HTTP/1.1 200 O\rK\r\n"})
		EXPECT_EQ(WordAfter({Ask(kGet), Tell(bad)}), "lost") << bad;
	// Answers that nobody asked for, and answers without an end.
	EXPECT_EQ(WordAfter({Tell("HTTP/1.1 408 Request Timeout\r\n")}), "lost");
	EXPECT_EQ(WordAfter({Ask("GET / HT"), Tell("HTTP/1.1 200 OK\r\n")}), "lost");
	EXPECT_EQ(WordAfter({Ask("GET / HTTP/1.1\r\nHost: a\r\n"), Tell("HTTP/1.1 408 x\r\n")}),
		"lost");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk), Tell("x")}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk), Tell(kOk)}), "lost");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 200 OK"))}), "lost");
	// For good.
	EXPECT_EQ(WordAfter({Ask("hello\r\n"), Ask(kGet), Tell(kOk)}), "lost");
}

TEST(HttpStrictTest, BytesThatWereNotSeen)
{
	const std::string head = Answer("HTTP/1.1 200 OK", "Content-Length: 500");
	const std::string chunks = Answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");

	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head).Unseen(499).Word(), "busy");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head).Unseen(500).Word(), "idle");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head).Unseen(499).Feed('<', "x").Word(),
		"idle");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head + "x").Unseen(499).Word(), "idle");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head).Unseen(501).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', head).Unseen(500).Unseen(1).Word(), "lost");
	EXPECT_EQ(Tracker().Unseen(1).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Unseen(1).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', "HTTP/1.1 ").Unseen(9).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', kOk).Unseen(1).Word(), "lost");

	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', chunks).Unseen(3).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', chunks + "5\r\n").Unseen(6).Word(), "lost");
	EXPECT_EQ(Tracker().Feed('>', kGet).Feed('<', chunks + "5\r\n").Unseen(7).Word(), "lost");
	EXPECT_EQ(Tracker()
			  .Feed('>', kGet)
			  .Feed('<', chunks + "5\r\n")
			  .Unseen(5)
			  .Feed('<', "\r\n0\r\n\r\n")
			  .Word(),
		"idle");
	EXPECT_EQ(Tracker()
			  .Feed('>', kGet)
			  .Feed('<', chunks + "5\r\n")
			  .Unseen(5)
			  .Feed('<', "0\r\n\r\n")
			  .Word(),
		"lost");
}
