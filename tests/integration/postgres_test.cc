// PostgreSQL, which tells its own processes things by SIGUSR1 and SIGUSR2 and cannot run twice, under
// a launcher that is an ordinary user's: `overlap: false`.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include "service.h"

namespace aet
{

class PostgresTest : public testing::Test
{
      protected:
	PostgresTest()
	    : bin_(Binaries()),
	      service_({"postgres",
			       {bin_ + "/postgres", "-D", "{D}/data", "-p", "{P}", "-k", "{D}",
				       "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"},
			       {}, {}, false},
		      {"service.ready_after: 100ms", "handoff.overlap: false"})
	{
		service_.BecomeOrdinaryUser();
		Output made = AsUser({bin_ + "/initdb", "-D", service_.Fill("{D}/data"), "-A",
			"trust", "-U", "postgres", "--no-sync", "--no-locale", "-E", "UTF8"});

		EXPECT_EQ(made.code, 0) << made.err;
	}
	// Where Debian puts them: one directory for each major version, none of them in PATH.
	static std::string Binaries()
	{
		Output found = aet::Run({"sh", "-c", "ls -d /usr/lib/postgresql/*/bin"});

		return found.out.substr(0, found.out.find('\n'));
	}
	Output AsUser(const std::vector<std::string> &command) const
	{
		std::vector<std::string> words = {
			"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};

		words.insert(words.end(), command.begin(), command.end());
		return aet::Run(words, {{"LC_ALL=C"}, service_.directory(), -1, -1});
	}
	// The answers to some statements of one session, a line each.
	std::string Ask(const std::vector<std::string> &statements, int host = 0) const
	{
		std::vector<std::string> command = {bin_ + "/psql", "-AtqX", "-v",
			"ON_ERROR_STOP=1", "-U", "postgres", "-p", std::to_string(service_.port()),
			"-h", host ? service_.directory() : "127.0.0.1"};

		for (const std::string &statement : statements)
			command.insert(command.end(), {"-c", statement});
		Output output = AsUser(command);
		EXPECT_EQ(output.code, 0) << output.err << service_.log();
		return output.out;
	}
	bool IsUp() const
	{
		return AsUser({bin_ + "/pg_isready", "-q", "-h", "127.0.0.1", "-p",
				      std::to_string(service_.port())})
			       .code == 0;
	}
	void ExpectWell() const
	{
		EXPECT_NE(
			Ask({"SET force_parallel_mode = on",
				    "EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT count(*) FROM t"})
				.find("Workers Launched: 1"),
			std::string::npos);
		EXPECT_EQ(
			Ask({"LISTEN bell", "NOTIFY bell, 'rings'"})
				.find("Asynchronous notification \"bell\" with payload \"rings\""),
			0u);
		EXPECT_EQ(Ask({"CHECKPOINT", "SELECT sum(x) FROM t"}, 1), "500500\n");
	}
	int Logged(const std::string &words) const
	{
		std::string log = service_.log();
		int count = 0;

		for (size_t at = 0; (at = log.find(words, at)) != std::string::npos; at++)
			count++;
		return count;
	}
	void Swap()
	{
		pid_t before = service_.ProgramPid();
		Output reload = service_.Reload();

		ASSERT_EQ(reload.code, 0) << reload.err << service_.log();
		EXPECT_NE(service_.ProgramPid(), before);
		EXPECT_TRUE(Eventually([&] { return IsUp(); })) << service_.log();
	}

	std::string bin_;
	Service service_;
};

// The checkpointer is told by SIGUSR2 to write the last checkpoint of an orderly shutdown.
TEST_F(PostgresTest, IsSwapped)
{
	service_.Start();
	EXPECT_TRUE(Eventually([&] { return IsUp(); })) << service_.log();
	EXPECT_EQ(Ask({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"}), "");
	ExpectWell();
	EXPECT_EQ(service_.Command("snapshot").code, 1);
	service_.launcher().Signal(SIGUSR2);
	EXPECT_EQ(kill(service_.ProgramPid(), SIGUSR2), 0); // means nothing to the first process
	ExpectWell();
	Swap();
	ExpectWell();
	EXPECT_EQ(Logged("database system is ready to accept connections"), 2) << service_.log();
	EXPECT_EQ(Logged("not properly shut down"), 0) << service_.log();
	EXPECT_GE(service_.Stop(), 0);
	EXPECT_EQ(Logged("terminated by signal"), 0) << service_.log();
	EXPECT_EQ(Logged("shutting down"), 2) << service_.log();
}

// A standby is promoted by SIGUSR2 to its startup process; a swap before leaves it a standby.
TEST_F(PostgresTest, AStandbyIsSwappedAndPromoted)
{
	std::string mark = service_.directory() + "/data/standby.signal";

	ASSERT_EQ(AsUser({"touch", mark}).code, 0);
	service_.Start();
	EXPECT_TRUE(Eventually([&] { return IsUp(); })) << service_.log();
	EXPECT_EQ(Ask({"SELECT pg_is_in_recovery()"}), "t\n");
	Swap();
	EXPECT_EQ(Ask({"SELECT pg_is_in_recovery()"}), "t\n");
	EXPECT_EQ(Ask({"SELECT pg_promote()", "SELECT pg_is_in_recovery()"}), "t\nf\n");
	EXPECT_NE(access(mark.c_str(), F_OK), 0);
	EXPECT_GE(service_.Stop(), 0);
}

} // namespace aet
