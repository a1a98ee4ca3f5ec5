// Keep-alive clients alone, without a new connection: what moved to the new generation is answered
// there, wherever the program waits for its listener. The other tests of moving connections have
// new ones as well, which wake whoever sleeps.

#include <gtest/gtest.h>

#include "service.h"

namespace aet
{

struct Shape {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> env;
};

static Shape Acceptors(const char *shape)
{
	return {shape, {"{B}/acceptors"}, {std::string("SHAPE=") + shape}};
}

static Shape Loop(const char *wait, const char *workers = "1")
{
	return {wait, {"{B}/loops"},
		{std::string("WAIT=") + wait, std::string("WORKERS=") + workers}};
}

static Shape Python(const char *threads)
{
	return {"python", {"/usr/bin/python3", "{T}/acceptors.py"},
		{std::string("THREADS=") + threads}};
}

static const Shape kShapes[] = {Acceptors("thread"), Acceptors("threads"), Acceptors("inline"),
	Acceptors("poll"), Acceptors("select"), Acceptors("looked"), Acceptors("prefork"),
	Acceptors("polled"), Python("1"), Python("4"), Loop("select"), Loop("poll"), Loop("level"),
	Loop("edge"), Loop("oneshot"), Loop("exclusive"), Loop("level", "4")};

static std::string Name(const testing::TestParamInfo<Shape> &info)
{
	return Identifier(std::string(info.param.name) + "_" + info.param.env.back());
}

class IdleClientsTest : public testing::TestWithParam<Shape>
{
};

TEST_P(IdleClientsTest, AreAnsweredAfterEachSwap)
{
	constexpr int kClients = 8;
	constexpr int kSwaps = 2;
	const Shape &shape = GetParam();
	Service service({shape.name, shape.command, {"http://127.0.0.1:{P}/"}, shape.env, false});
	std::vector<std::unique_ptr<Connection>> clients;

	service.Start();
	for (int i = 0; i < kClients; i++) {
		clients.push_back(std::make_unique<Connection>(service.urls()[0]));
		clients.back()->Ask();
		ASSERT_EQ(clients.back()->Answer().compare(0, 3, "v1 "), 0);
	}
	for (int version = 2; version < 2 + kSwaps; version++) {
		service.SetVersion(version);
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service.log();
		EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], kClients);
		for (int i = 0; i < kClients; i++) {
			clients[i]->Ask();
			EXPECT_EQ(clients[i]->Answer().substr(0, 2), service.Version())
				<< "client " << i << service.log();
		}
	}
	EXPECT_GE(service.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Shapes, IdleClientsTest, testing::ValuesIn(kShapes), Name);

} // namespace aet
