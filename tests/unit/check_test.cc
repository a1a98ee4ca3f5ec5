/* The check verb, run in this process: exit code, report and the one line on standard error. */
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include "cli/check.h"
}

namespace
{

class Check : public testing::Test
{
      protected:
	void SetUp() override
	{
		char name[] = "/tmp/aet_check_XXXXXX";

		ASSERT_NE(mkdtemp(name), nullptr);
		directory = name;
		ASSERT_NE(getcwd(home, sizeof(home)), nullptr);
		ASSERT_EQ(chdir(name), 0);
	}

	void TearDown() override
	{
		ASSERT_EQ(chdir(home), 0);
		ASSERT_EQ(system(("rm -rf " + directory).c_str()), 0);
	}

	void write(const std::string &text)
	{
		std::ofstream("aeterna.yaml") << text;
	}

	int check(std::vector<std::string> words = {}, bool json = false)
	{
		std::vector<char *> argv;
		aet_options options = {};

		for (std::string &word : words)
			argv.push_back(&word[0]);
		argv.push_back(nullptr);
		options.verb = AET_VERB_CHECK;
		options.json = json;
		options.command = words.empty() ? nullptr : argv.data();
		testing::internal::CaptureStdout();
		testing::internal::CaptureStderr();
		int code = aet_check_run(&options);
		out = testing::internal::GetCapturedStdout();
		err = testing::internal::GetCapturedStderr();
		return code;
	}

	bool says(const std::string &part)
	{
		if (out.find(part) == std::string::npos)
			ADD_FAILURE() << "lacks '" << part << "':\n" << out;
		return out.find(part) != std::string::npos;
	}

	std::string directory, out, err;
	char home[4096];
};

TEST_F(Check, StateAndDrainAreToldOf)
{
	write("service: {command: [\"python3\"]}\n"
	      "handoff: {connections: drain, state: [\"a:B\"]}");
	EXPECT_EQ(check(), 0);
	says("note: connections: drain, and there is state: connections are followed");
	write("service: {command: [\"python3\"]}\nhandoff: {connections: drain}");
	EXPECT_EQ(check(), 0);
	says("note: connections: drain: a program that uses the module aeterna is not followed");
	write("service: {command: [\"true\"]}\nhandoff: {connections: drain}");
	EXPECT_EQ(check(), 0);
	EXPECT_EQ(out.find("connections: drain"), std::string::npos) << out;
}

TEST_F(Check, AllIsWell)
{
	write("service: {command: [\"true\", \"x\"], listen: [\"tcp://:80\"]}");
	EXPECT_EQ(check(), 0);
	EXPECT_EQ(err, "");
	EXPECT_TRUE(says("configuration: " + directory + "/aeterna.yaml\n"));
	EXPECT_TRUE(says("command: true x\n"));
	EXPECT_TRUE(says("/true\n"));
	EXPECT_TRUE(says("glibc"));
	EXPECT_TRUE(says("listen: tcp://:80 as FD 3\n"));
	EXPECT_TRUE(says("hooks: aeterna_dump_state absent"));
	EXPECT_TRUE(says("result: ok\n"));
	EXPECT_EQ(out.find("needs service.listen"), out.npos);
	EXPECT_EQ(check({"sh", "-c", "false"}), 0);
	EXPECT_TRUE(says("command: sh -c false\n"));
}

TEST_F(Check, NoFile)
{
	EXPECT_EQ(check({"true"}), 0);
	EXPECT_TRUE(says("configuration: none, defaults\n"));
	EXPECT_TRUE(says("one that uses FD 3 instead of bind() needs service.listen"));
	EXPECT_EQ(check(), 64);
	EXPECT_NE(err.find("no command"), err.npos);
}

TEST_F(Check, BadConfiguration)
{
	write("service:\n  comand: [a]\n");
	EXPECT_EQ(check(), 78);
	EXPECT_EQ(err,
		"aeterna-launch: aeterna.yaml:2:3: unknown key 'comand', did you mean "
		"'command'?\n");
	EXPECT_EQ(out, "result: bad configuration\n");
	EXPECT_EQ(check({}, true), 78);
	EXPECT_TRUE(says("\"ok\": false, \"exit_code\": 78"));
	EXPECT_TRUE(says("\"error\": {\"file\": \"aeterna.yaml\", \"line\": 2, \"column\": 3, "
			 "\"text\": \"unknown key 'comand', did you mean 'command'?\"}"));
	write("service: {name: x}");
	EXPECT_EQ(check(), 78);
	EXPECT_NE(err.find("has no 'service.command'"), err.npos);
}

TEST_F(Check, ProgramsThatCannotRun)
{
	EXPECT_EQ(check({"no-such-program"}), 127);
	EXPECT_EQ(err.rfind("aeterna-launch: 'no-such-program' is not in PATH", 0), 0u);
	EXPECT_TRUE(says("result: the program cannot be found\n"));
	std::ofstream("data") << "x";
	EXPECT_EQ(check({"./data"}), 126);
	EXPECT_EQ(err, "aeterna-launch: './data' may not be executed: chmod +x\n");
	write("service: {command: [a], directory: /nowhere}");
	EXPECT_EQ(check(), 127);
}

TEST_F(Check, SearchesTheProgramsOwnPath)
{
	ASSERT_EQ(system("mkdir bin && cp /bin/true bin/mine"), 0);
	write("service: {command: [mine], env: {PATH: bin}}");
	EXPECT_EQ(check(), 0);
	write("service: {command: [\"true\"], env: [\"PATH=/nowhere\"]}");
	EXPECT_EQ(check(), 127);
	write("service: {command: [\"./mine\"], directory: bin}");
	EXPECT_EQ(check(), 0);
}

TEST_F(Check, StaticNeedsListen)
{
	std::ofstream("m.c") << "int main(void) { return 0; }";
	ASSERT_EQ(system("cc -static m.c -o m"), 0);
	EXPECT_EQ(check({"./m"}), 1);
	EXPECT_NE(err.find("is linked statically"), err.npos);
	EXPECT_TRUE(says("result: the program cannot be supervised\n"));
	write("service: {listen: ['tcp://:80']}");
	EXPECT_EQ(check({"./m"}), 0);
	EXPECT_TRUE(says("swaps by descriptor passing"));
	EXPECT_EQ(err, "");
}

TEST_F(Check, LooksPastWrappers)
{
	ASSERT_EQ(system("echo 'int main(void) { return 0; }' >m.c && cc -static -s m.c -o still"),
		0);
	ASSERT_EQ(system("cp still tini"), 0);
	EXPECT_EQ(check({"./tini", "--", "python3"}), 0) << err; // static, but what it runs is not
	says("run by: tini\n");
	says("/python3\n");
	EXPECT_EQ(check({"nice", "env", "A=b", "./still"}), 1);
	EXPECT_NE(err.find("'./still' is linked statically"), err.npos) << err;
	EXPECT_EQ(check({"sh", "-c", "cd . && exec ./still"}), 1) << out;
	EXPECT_EQ(check({"sh", "-c", "no_such_program_here"}), 0) << err; // a shell may know it
	EXPECT_EQ(check({"nice", "no_such_program_here"}), 127);
	EXPECT_EQ(check({"/lib64/ld-linux-x86-64.so.2", "/bin/true"}), 0) << err;
}

TEST_F(Check, SaysWhoTakesTheEnvironmentAway)
{
	EXPECT_EQ(check({"env", "-i", "python3"}), 1);
	EXPECT_NE(err.find("'env' takes the environment away, LD_PRELOAD"), err.npos) << err;
	EXPECT_EQ(check({"sh", "-c", "LD_PRELOAD=/x.so exec python3"}), 1);
	EXPECT_NE(err.find("'sh' sets LD_PRELOAD in place of ours"), err.npos) << err;
	EXPECT_EQ(check({"sh", "-c", "LD_PRELOAD=$LD_PRELOAD:/x.so exec python3"}), 0) << err;
	EXPECT_EQ(check({"su", "nobody", "-c", "python3"}), 1);
	EXPECT_NE(err.find("use setpriv"), err.npos) << err;
	EXPECT_EQ(err.find("chmod"), err.npos) << err;
}

TEST_F(Check, AddressSanitizerHasToBeFirst)
{
	ASSERT_EQ(system("echo 'int main(void) { return 0; }' >m.c && "
			 "cc -fsanitize=address m.c -o checked"),
		0);
	EXPECT_EQ(check({"./checked"}), 1);
	EXPECT_NE(err.find("is built with AddressSanitizer"), err.npos) << err;
	write("service: {command: [./checked], env: [\"LD_PRELOAD=libasan.so.8\"]}");
	EXPECT_EQ(check(), 0) << err;
}

TEST_F(Check, KnowsProgramsByTheirNames)
{
	ASSERT_EQ(system("cp /bin/true nginx && cp /bin/true postgres"), 0);
	write("service: {command: [./nginx]}");
	EXPECT_EQ(check(), 0);
	says("ends at once on TERM and cuts what it answers: set service.stop_signal: QUIT");
	write("service: {command: [./nginx], stop_signal: QUIT}");
	EXPECT_EQ(check(), 0);
	EXPECT_EQ(out.find("stop_signal"), out.npos) << out;
	write("service: {command: [./postgres]}");
	EXPECT_EQ(check(), 0);
	says("does not run twice: set handoff.overlap: false");
	write("service: {command: [flock, -n, /tmp/x, ./nginx]}\nhandoff: {overlap: false}");
	EXPECT_EQ(check(), 0);
	EXPECT_EQ(out.find("twice"), out.npos) << out;
}

TEST_F(Check, HiddenHooks)
{
	std::ofstream("m.c") << "int aeterna_dump_state(int fd) { return fd; }\n"
				"int main(void) { return 0; }";
	ASSERT_EQ(system("cc m.c -o m"), 0);
	EXPECT_EQ(check({"./m"}), 0);
	EXPECT_TRUE(says("aeterna_dump_state hidden, aeterna_load_state absent"));
	EXPECT_TRUE(says("aeterna_dump_state() is defined but not exported: link the program with "
			 "-rdynamic"));
	EXPECT_EQ(check({"./m"}, true), 0);
	EXPECT_TRUE(says("\"hooks\": {\"aeterna_dump_state\": \"hidden\", \"aeterna_load_state\": "
			 "\"absent\"}"));
}

TEST_F(Check, Json)
{
	EXPECT_EQ(check({"true", "\xff\n"}, true), 0);
	EXPECT_TRUE(says("{\"ok\": true, \"exit_code\": 0, \"problem\": null, \"config\": null, "
			 "\"name\": \"aeterna\", \"command\": [\"true\", \"\\ufffd\\n\"], "
			 "\"listen\": [], \"program\": {\"verdict\": \"ok\", "));
	EXPECT_EQ(out.back(), '\n');
	EXPECT_EQ(out.find('\n'), out.size() - 1) << "one line";
	std::ofstream("out.json") << out;
	EXPECT_EQ(system("python3 -m json.tool out.json >/dev/null"), 0);
	EXPECT_EQ(check({"no-such-program"}, true), 127);
	EXPECT_TRUE(says("\"verdict\": \"not_found\", \"path\": null"));
}

} // namespace
