// The framing tracker: what is a boundary between two exchanges and what is none.

#include "http_talk.h"

TEST(HttpTest, IsIdleBeforeTheFirstByteAndBetweenExchanges)
{
	EXPECT_EQ(Tracker().Word(), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet)}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk)}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk), Ask("G")}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk), Ask(kGet), Tell(kOk)}), "idle");
}

TEST(HttpTest, BodiesOfKnownLength)
{
	const Part ok = Tell(kOk);

	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "hello")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "hell")), ok}), "busy");
	EXPECT_EQ(WordAfter({Ask(Post("content-length:5", "\r\n\r\n\n")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post("CONTENT-LENGTH: \t 005", "hello")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 0", "")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "hello" + kGet)), ok, ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 200 OK", "Content-Length: 0"))}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 200", "Content-Length: 0"))}),
		"idle"); // no reason at all
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk.substr(0, kOk.size() - 1))}), "busy");
	// An answer may come before its request is complete.
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "h")), ok}), "busy");
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "h")), ok, Ask("ello")}), "idle");
}

TEST(HttpTest, Chunks)
{
	const std::string coding = "Transfer-Encoding: chunked";
	const std::string upper = "TRANSFER-ENCODING:\tCHUNKED";
	const Part ok = Tell(kOk);
	const std::string huge = "7fffffffffffff\r\n";

	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kChunked)}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kChunked.substr(0, kChunked.size() - 1))}), "busy");
	EXPECT_EQ(WordAfter({Ask(Post(coding, "5\r\nhello\r\n0\r\n\r\n")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post(upper, "5\r\nhello\r\n0\r\n\r\n")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post(coding, "0\r\n\r\n")), ok}), "idle");
	EXPECT_EQ(
		WordAfter({Ask(Post(coding, "00\r\nA: b\r\nTrailer-Two: c\r\n\r\n")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post(coding, "0;last\r\nContent-Length-X: 7\r\n\r\n")), ok}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(Post(coding, "5;a=\"b\";c\r\nhello\r\n0\r\n\r\n")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(Post(coding, huge + "x"))}), "busy");
	EXPECT_EQ(WordAfter({Ask(Post(coding, std::string(14, '0') + "1\r\nx\r\n0\r\n\r\n")), ok}),
		"idle");

	for (const char *bad : {"5\r\nhelloX\n", "5\r\nhello\n\n", "5\r\nhello\r\r",
		     "5\r\nhelloXX\r\n", "5\r\nhello0\r\n\r\n", "g\r\n", "\r\n", " 5\r\n", "5 \r\n",
		     "-5\r\n", "0x5\r\n", "5\n", "5;a\rb\r\n", "ffffffffffffffff\r\n",
		     "0000000000000005\r\n", "0\r\n\n", "0\r\n folded: a\r\n\r\n",
		     "0\r\nno colon\r\n\r\n", "0\r\nContent-Length: 7\r\n",
		     "0\r\ntransfer-encoding: chunked\r\n", "0\r\nConnection: close\r\n"})
		EXPECT_EQ(WordAfter({Ask(Post(coding, bad))}), "lost") << bad;
	EXPECT_EQ(
		WordAfter({Ask(Post(coding, "5;" + std::string(200, 'x') + "\r\nhello\r\n0\r\n"))}),
		"busy");
}

TEST(HttpTest, HeadHasNoBody)
{
	const std::string head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
	const std::string sized = Answer("HTTP/1.1 200 OK", "Content-Length: 5");
	const std::string chunked = Answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");

	EXPECT_EQ(WordAfter({Ask(head), Tell(sized)}), "idle");
	EXPECT_EQ(WordAfter({Ask(head), Tell(chunked)}), "idle");
	EXPECT_EQ(WordAfter({Ask(head), Tell(Answer("HTTP/1.1 200 OK"))}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(sized)}), "busy");
	EXPECT_EQ(WordAfter({Ask("HEADER / HTTP/1.1\r\n\r\n"), Tell(sized)}), "busy");
	EXPECT_EQ(WordAfter({Ask(head), Tell(sized), Ask(kGet), Tell(sized)}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(kOk), Ask(head), Tell(sized)}), "idle");
	// Told apart while they wait for their answers.
	EXPECT_EQ(
		WordAfter({Ask(head), Ask(kGet), Ask(head), Tell(sized), Tell(kOk), Tell(chunked)}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(head + kGet + head), Tell(sized), Tell(kOk)}), "busy");
}

TEST(HttpTest, AnswersWithoutBody)
{
	const std::string no_content = Answer("HTTP/1.1 204 No Content");
	const std::string not_modified = Answer("HTTP/1.1 304 Not Modified", "Content-Length: 5");

	EXPECT_EQ(WordAfter({Ask(kGet), Tell(no_content)}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 204 x", "Content-Length: 0"))}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(not_modified)}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 304 x"))}), "idle");
	// Some parsers look for the body that is announced.
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 204 x", "Content-Length: 5"))}),
		"lost");
	EXPECT_EQ(WordAfter({Ask(kGet),
			  Tell(Answer("HTTP/1.1 204 x", "Transfer-Encoding: chunked"))}),
		"lost");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 205 x"))}), "lost");
}

TEST(HttpTest, AnswersBeforeTheAnswer)
{
	const Part go_on = Tell(Answer("HTTP/1.1 100 Continue"));
	const Part hints = Tell(Answer("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload"));
	const Part ok = Tell(kOk);
	const Part expecting = Ask(Post("Content-Length: 5\r\nExpect: 100-continue", ""));
	const Part body = Ask("hello");

	EXPECT_EQ(WordAfter({expecting}), "busy");
	EXPECT_EQ(WordAfter({expecting, go_on}), "busy");
	EXPECT_EQ(WordAfter({expecting, go_on, body}), "busy");
	EXPECT_EQ(WordAfter({expecting, go_on, body, ok}), "idle");
	EXPECT_EQ(WordAfter({expecting, body, ok}), "idle"); // the client did not wait
	EXPECT_EQ(WordAfter({expecting, go_on, ok, body}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), hints}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), hints, hints, ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 102 Processing")), ok}), "idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 100 x", "Content-Length: 0")), ok}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 100 x", "Content-Length: 5"))}),
		"lost");
	EXPECT_EQ(WordAfter({Ask(kGet),
			  Tell(Answer("HTTP/1.1 103 x", "Transfer-Encoding: chunked"))}),
		"lost");
	EXPECT_EQ(WordAfter({go_on}), "lost");
	EXPECT_EQ(WordAfter({Ask(kGet), ok, go_on}), "lost");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 101 Switching Protocols"))}), "lost");
}

// Told no before its body, the client sends it or does not: nobody knows what comes next.
TEST(HttpTest, RefusedBeforeTheBody)
{
	const Part expecting = Ask(Post("Content-Length: 5\r\nexpect: 100-Continue", ""));
	const Part refused = Tell(Answer("HTTP/1.1 417 Expectation Failed", "Content-Length: 0"));
	const Part hints = Tell(Answer("HTTP/1.1 103 Early Hints"));
	const Part go_on = Tell(Answer("HTTP/1.1 100 Continue"));

	EXPECT_EQ(WordAfter({expecting, refused}), "lost");
	EXPECT_EQ(WordAfter({expecting, hints, refused}), "lost");
	EXPECT_EQ(WordAfter({expecting, Ask("h"), refused}), "lost");
	// The answer is another request's.
	EXPECT_EQ(WordAfter({Ask(kGet), expecting, Tell(kOk)}), "busy");
	EXPECT_EQ(WordAfter({Ask(kGet), expecting, Tell(kOk), refused}), "lost");
	EXPECT_EQ(
		WordAfter({expecting, go_on, Ask("hello"), Tell(kOk), expecting, refused}), "lost");
	// Without the wish the body comes.
	EXPECT_EQ(WordAfter({Ask(Post("Content-Length: 5", "")), refused, Ask("hello")}), "idle");
}

TEST(HttpTest, Pipelining)
{
	std::string all;
	std::string answers;
	Tracker tracker;

	for (int i = 0; i < TRACKER_PIPELINE; i++) {
		all += i % 3 ? kGet : "HEAD /" + std::to_string(i) + " HTTP/1.1\r\n\r\n";
		answers += i % 3 ? kChunked : Answer("HTTP/1.1 200 OK", "Content-Length: 9");
	}
	EXPECT_EQ(WordAfter({Ask(all)}), "busy");
	EXPECT_EQ(WordAfter({Ask(all), Tell(answers)}), "idle");
	EXPECT_EQ(WordAfter({Ask(all + kGet)}), "lost");
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(tracker.Feed('>', all).Feed('<', answers).Word(), "idle") << i;
	EXPECT_EQ(tracker.Verdict().read, 5u * TRACKER_PIPELINE);
	EXPECT_EQ(tracker.Verdict().answered, 5u * TRACKER_PIPELINE);
	// Never full, for longer than there are bits.
	tracker.Feed('>', kGet);
	for (int i = 0; i < 3 * TRACKER_PIPELINE; i++)
		EXPECT_EQ(tracker.Feed('>', kGet).Feed('<', kOk).Word(), "busy") << i;
	EXPECT_EQ(tracker.Feed('<', kOk).Word(), "idle");
}

TEST(HttpTest, WhoCloses)
{
	const std::string body = "\r\nContent-Length: 5\r\n\r\nhello";
	const Part ok = Tell(kOk);

	EXPECT_EQ(WordAfter({Ask(Get("Connection: close")), ok}), "closing");
	EXPECT_EQ(WordAfter({Ask(Get("Connection: close"))}), "closing");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell("HTTP/1.1 200 OK\r\nConnection: close" + body)}),
		"closing");
	for (const char *list : {"Close", "keep-alive, close", "foo,close", "foo,\t CLOSE, bar"})
		EXPECT_EQ(WordAfter({Ask(Get(std::string("Connection: ") + list)), ok}), "closing")
			<< list;
	EXPECT_EQ(WordAfter({Ask(Get("Connection: a\r\nconnection:close")), ok}), "closing");
	for (const char *list :
		{"keep-alive", "upgrade, HTTP2-Settings", "x-close", "closed", "Keep-Alive, x"})
		EXPECT_EQ(WordAfter({Ask(Get(std::string("Connection: ") + list)), ok}), "idle")
			<< list;
	EXPECT_EQ(WordAfter({Ask(Get("Connection:")), ok}), "idle");
	for (const char *list : {",close", "close,", "a,,b", "a ,b", "keep-alive now"})
		EXPECT_EQ(WordAfter({Ask(Get(std::string("Connection: ") + list))}), "lost")
			<< list;
	EXPECT_EQ(WordAfter({Ask(Get("Connection: " + std::string(TRACKER_LINE, 'x')))}), "lost");
	EXPECT_EQ(WordAfter({Ask(Get("X-Connection: close\r\nConnection-X: close")), ok}), "idle");
	// In an answer before the answer it says nothing.
	EXPECT_EQ(WordAfter({Ask(kGet), Tell(Answer("HTTP/1.1 103 x", "Connection: close")), ok}),
		"idle");
}

TEST(HttpTest, OldVersion)
{
	const std::string body = "\r\nContent-Length: 5\r\n\r\nhello";
	const std::string get = "GET / HTTP/1.0\r\n\r\n";
	const std::string keep = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
	const Part kept = Tell("HTTP/1.0 200 OK\r\nConnection: keep-alive" + body);
	const Part kept_new = Tell("HTTP/1.1 200 OK\r\nConnection: Keep-Alive" + body);
	const Part old = Tell("HTTP/1.0 200 OK" + body);

	EXPECT_EQ(WordAfter({Ask(keep), kept}), "idle");
	EXPECT_EQ(WordAfter({Ask(keep), kept_new}), "idle");
	EXPECT_EQ(WordAfter({Ask(keep), kept, Ask(keep), kept}), "idle");
	EXPECT_EQ(WordAfter({Ask(keep), Tell(kOk)}), "closing");
	EXPECT_EQ(WordAfter({Ask(keep), Tell("HTTP/1.0 200 OK\r\nConnection: keep-alive2" + body)}),
		"closing");
	EXPECT_EQ(WordAfter({Ask(keep),
			  Tell("HTTP/1.0 200 OK\r\nConnection: a, keep-alive,b" + body)}),
		"idle");
	EXPECT_EQ(WordAfter({Ask(get), Tell(kOk)}), "closing");
	EXPECT_EQ(WordAfter({Ask(keep), old}), "closing");
	EXPECT_EQ(WordAfter({Ask(kGet), old}), "closing");
	EXPECT_EQ(WordAfter({Ask(kGet), kept}), "idle");
	EXPECT_EQ(WordAfter({Ask(get), Tell(Answer("HTTP/1.0 200 OK"))}), "lost");
	EXPECT_EQ(WordAfter({Ask(keep), Tell("HTTP/1.0 200 OK\r\nConnection: close" + body)}),
		"closing");
	// It has no chunks.
	EXPECT_EQ(
		WordAfter({Ask("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")}), "lost");
	EXPECT_EQ(WordAfter({Ask(kGet), Tell("HTTP/1.0" + kChunked.substr(8))}), "lost");
	EXPECT_EQ(WordAfter({Ask(keep), Tell(kChunked)}), "lost");
}

// Fed byte by byte, and at once: of a long line only the start counts.
static bool IsTied(const Talk &talk)
{
	Tracker whole;
	Tracker bytes;

	for (const Part &part : talk) {
		whole.Feed(part.side, part.bytes);
		for (char c : part.bytes)
			bytes.Feed(part.side, std::string(1, c));
	}
	EXPECT_EQ(whole.Verdict().tied, bytes.Verdict().tied) << talk.back().bytes;
	EXPECT_TRUE(whole.Verdict().idle) << talk.back().bytes;
	return whole.Verdict().tied;
}

TEST(HttpTest, ALoginBelongsToItsConnection)
{
	const Part ok = Tell(kOk);
	const std::string token(300, 'T');
	const std::string sized = "Content-Length: 0\r\n";

	for (const std::string &field : {std::string("Authorization: NTLM TlRM"),
		     "authorization:\tnegotiate " + token,
		     "Proxy-Authorization: Negotiate " + token, std::string("AUTHORIZATION: NTLM")})
		EXPECT_TRUE(IsTied({Ask(Get("Host: a\r\n" + field)), ok})) << field;
	for (const std::string &field :
		{std::string("WWW-Authenticate: NTLM"), std::string("Www-Authenticate: Negotiate"),
			std::string("WWW-Authenticate: Basic realm=\"a b\", NTLM"),
			"WWW-Authenticate: Negotiate " + token,
			std::string("Proxy-Authenticate: NTLM,Basic"),
			std::string("Connection: Upgrade"),
			std::string("Connection: keep-alive, upgrade")})
		EXPECT_TRUE(IsTied({Ask(kGet), Tell(Answer("HTTP/1.1 401 No", sized + field))}))
			<< field;
	EXPECT_TRUE(IsTied({Ask(Get("Authorization: NTLM x")), ok, Ask(kGet), ok}));
}

TEST(HttpTest, AnythingElseBelongsToTheRequest)
{
	const Part ok = Tell(kOk);
	const std::string token(300, 'T');
	const std::string sized = "Content-Length: 0\r\n";

	for (const std::string &field : {std::string("Authorization: Basic TlRM"),
		     "Authorization: Bearer negotiate" + token,
		     std::string("Authorization: NTLMv3 x"), std::string("Authorization:"),
		     std::string("Authorisation: NTLM x"),
		     std::string("Connection: Upgrade, HTTP2-Settings"),
		     std::string("If-None-Match: NTLM")})
		EXPECT_FALSE(IsTied({Ask(Get("Host: a\r\n" + field)), ok})) << field;
	for (const std::string &field : {std::string("WWW-Authenticate: Basic realm=\"NTLM\""),
		     "WWW-Authenticate: Bearer error=\"" + token + "\"",
		     std::string("WWW-Authenticate: Negotiated"),
		     std::string("Connection: keep-alive")})
		EXPECT_FALSE(IsTied({Ask(kGet), Tell(Answer("HTTP/1.1 401 No", sized + field))}))
			<< field;
}
