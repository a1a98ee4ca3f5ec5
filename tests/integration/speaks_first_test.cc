// Connections that hold on to the process that accepted them although nothing is in flight: the server
// is the one to speak first, or what was agreed on the connection is known there alone.

#include <gtest/gtest.h>

#include <fstream>

#include "service.h"

namespace aet
{

using Clients = std::vector<std::unique_ptr<Connection>>;

static Clients Connect(const Service &service, int count)
{
	Clients clients;

	for (int i = 0; i < count; i++)
		clients.push_back(std::make_unique<Connection>(service.urls()[0]));
	return clients;
}

static void Swap(Service *service, int version)
{
	service->SetVersion(version);
	Output reload = service->Reload();
	ASSERT_EQ(reload.code, 0) << reload.err << service->log();
}

class SpeaksFirstTest : public testing::TestWithParam<std::pair<const char *, const char *>>
{
};

// The new one serves who comes after the swap.
TEST_P(SpeaksFirstTest, SilentClientsStay)
{
	const auto [speaks, by] = GetParam();
	const bool greets = std::string(speaks) == "greeting";
	Service service({"speaks_first", {"/usr/bin/python3", "{T}/speaks_first.py"},
		{"http://127.0.0.1:{P}/"},
		{std::string("SPEAKS=") + speaks, std::string("BY=") + by}, false});

	service.Start();
	Clients clients = Connect(service, 5);
	for (size_t i = 0; greets && i < clients.size(); i++)
		ASSERT_EQ(clients[i]->Receive(3), "v1\n");
	ASSERT_TRUE(Eventually([&] { return service.Status()["connections"]["open"] == 5; }));
	Swap(&service, 2);
	EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], 0) << service.log();
	std::ofstream(service.directory() + "/greet") << "1";
	for (auto &client : clients) {
		if (greets)
			client->Send("hello\n");
		EXPECT_EQ(client->Receive(3), "v1\n") << service.log();
	}
	Connection fresh(service.urls()[0]);
	EXPECT_EQ(fresh.Receive(3), "v2\n") << service.log();
	EXPECT_GE(service.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Servers, SpeaksFirstTest,
	testing::Values(std::make_pair("greeting", "asyncio"),
		std::make_pair("greeting", "threads"), std::make_pair("pause", "asyncio"),
		std::make_pair("pause", "threads"), std::make_pair("feed", "asyncio"),
		std::make_pair("feed", "threads")),
	[](const auto &test) {
		return Identifier(std::string(test.param.first) + "_" + test.param.second);
	});

static const Program kEpoll = {"epoll", {"{B}/epoll"}, {"http://127.0.0.1:{P}/"}, {}, false};

// Where HTTP is spoken a client may be silent for long: it goes on when it asks.
TEST(SilentClientTest, MovesWithItsFirstRequest)
{
	Service service(kEpoll);

	service.Start();
	EXPECT_EQ(service.Get().compare(0, 3, "v1 "), 0);
	Clients clients = Connect(service, 3);
	ASSERT_TRUE(Eventually([&] { return service.Status()["connections"]["open"] == 3; }));
	Swap(&service, 2);
	EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], 0);
	for (auto &client : clients) {
		client->Ask();
		EXPECT_EQ(client->Answer().compare(0, 3, "v2 "), 0) << service.log();
	}
	EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], 3);
	EXPECT_GE(service.Stop(), 0);
}

// agreements.py answers with the field that the path of a request names.
struct Agreement {
	const char *name;
	std::string request;
	bool stays;
};

class AgreementTest : public testing::TestWithParam<Agreement>
{
};

TEST_P(AgreementTest, StaysWhereItWasMade)
{
	const Agreement &agreement = GetParam();
	Service service({"agreements", {"/usr/bin/python3", "{T}/agreements.py"},
		{"http://127.0.0.1:{P}/"}, {}, false});

	service.Start();
	Connection client(service.urls()[0]);
	client.Send(agreement.request);
	ASSERT_EQ(client.Answer().compare(0, 2, "v1"), 0);
	Swap(&service, 2);
	client.Ask();
	EXPECT_EQ(client.Answer().substr(0, 2), agreement.stays ? "v1" : "v2") << service.log();
	EXPECT_GE(service.Stop(), 0);
}

static std::string Request(const std::string &path, const std::string &field)
{
	return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + field + "\r\n";
}

static const Agreement kAgreements[] = {
	{"none", Request("/", ""), false},
	{"password", Request("/", "Authorization: Basic bmVnb3RpYXRlOm50bG0=\r\n"), false},
	{"offers_bearer", Request("/WWW-Authenticate:Bearer", ""), false},
	{"ntlm", Request("/", "Authorization: NTLM TlRMTVNTUAAB\r\n"), true},
	{"negotiate", Request("/", "authorization: negotiate YIIJvw==\r\n"), true},
	{"proxy", Request("/", "Proxy-Authorization: NTLM TlRMTVNTUAAB\r\n"), true},
	{"offers_ntlm", Request("/WWW-Authenticate:NTLM", ""), true},
	{"offers_both", Request("/WWW-Authenticate:Basic,Negotiate", ""), true},
	{"proxy_offers", Request("/Proxy-Authenticate:Negotiate", ""), true},
	{"upgrade_wanted", Request("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), false},
	{"upgrade", Request("/Connection:Upgrade", ""), true},
	{"proxy_header", "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n" + Request("/", ""), true},
};

INSTANTIATE_TEST_SUITE_P(Agreements, AgreementTest, testing::ValuesIn(kAgreements),
	[](const auto &test) { return std::string(test.param.name); });

} // namespace aet
