/*
 * The configuration: what a file means, and for every kind of mistake the sentence and its place.
 * Files and FIFOs are made in a directory of the test's own.
 */
#include <csignal>
#include <errno.h>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include "config/config_file.h"
#include "config/config_keys.h"
#include "config/config_load.h"
#include "config/duration.h"
}

namespace
{

using Strings = std::vector<std::string>;

Strings strings(char **list)
{
	Strings result;

	for (; list && *list; list++)
		result.push_back(*list);
	return result;
}

class Config : public testing::Test
{
      protected:
	void SetUp() override
	{
		char name[] = "/tmp/aet_config_XXXXXX";

		ASSERT_NE(mkdtemp(name), nullptr);
		directory = name;
		file = directory + "/my-agent.yaml";
		ASSERT_NE(getcwd(home, sizeof(home)), nullptr);
		ASSERT_EQ(chdir(name), 0);
	}

	void TearDown() override
	{
		aet_config_free(config);
		ASSERT_EQ(chdir(home), 0);
		ASSERT_EQ(system(("rm -rf " + directory).c_str()), 0);
	}

	void write(const std::string &text, const std::string &name = "my-agent.yaml")
	{
		std::ofstream(name, std::ios::binary) << text;
	}

	/* Loads, with the previous configuration freed. */
	int load(const char *path, char *const *command = nullptr, bool optional = false)
	{
		aet_config *loaded = nullptr;
		int r;

		error = {};
		r = aet_config_load(path, command, optional, &loaded, &error);
		EXPECT_EQ(r == 0, loaded != nullptr);
		aet_config_free(config);
		config = loaded;
		return r;
	}

	/* Loads text that is right. */
	const aet_config *good(const std::string &text)
	{
		static aet_config nothing = {};

		write(text);
		EXPECT_EQ(load("my-agent.yaml", nullptr, true), 0)
			<< error.line << ":" << error.column << ": " << error.text;
		return config ? config : &nothing;
	}

	/* Loads text that is wrong: "line:column: sentence". */
	std::string bad(const std::string &text)
	{
		char line[1024];

		write(text);
		if (load("my-agent.yaml", nullptr, true) == 0)
			return "nothing is wrong";
		return aet_config_error_format("f", &error, line, sizeof(line));
	}

	/* The same for one key, whose value begins at 2:.. of the file. */
	std::string bad_key(const std::string &section, const std::string &line)
	{
		return bad(section + ":\n  " + line + "\n");
	}

	std::string directory, file;
	char home[4096];
	aet_config *config = nullptr;
	aet_error error = {};
};

TEST_F(Config, TheFileOfTheSeed)
{
	write("# aeterna.yaml\nservice:\n  command: [\"python3\", \"my_agent.py\"]\n  env:\n"
	      "    - PORT=8080\n\nhandoff:\n  # Use 'pipe' for small text, 'shm' for large tensors\n"
	      "  mechanism: pipe \n  timeout: 5s\n",
		"aeterna.yaml");
	ASSERT_EQ(load(nullptr), 0) << error.text;
	EXPECT_TRUE(config->has_file);
	EXPECT_EQ(config->path, directory + "/aeterna.yaml");
	EXPECT_STREQ(config->name, "aeterna");
	EXPECT_EQ(strings(config->command), (Strings{"python3", "my_agent.py"}));
	EXPECT_EQ(strings(config->env), Strings{"PORT=8080"});
	EXPECT_EQ(config->mechanism, AET_MECHANISM_PIPE);
	EXPECT_EQ(config->handoff_timeout_ms, 5000u);
}

TEST_F(Config, Defaults)
{
	char word[] = "true";
	char *const command[] = {word, nullptr};

	ASSERT_EQ(load(nullptr, command), 0) << error.text;
	EXPECT_FALSE(config->has_file);
	EXPECT_EQ(config->path, directory + "/aeterna.yaml");
	EXPECT_STREQ(config->name, "aeterna");
	EXPECT_EQ(strings(config->command), Strings{"true"});
	ASSERT_NE(config->env, nullptr);
	EXPECT_EQ(config->env[0], nullptr);
	ASSERT_NE(config->listen, nullptr);
	EXPECT_EQ(config->listen[0], nullptr);
	EXPECT_EQ(config->directory, nullptr);
	EXPECT_EQ(config->listeners, AET_LISTENERS_ALL);
	EXPECT_EQ(config->ready, AET_READY_ACCEPT);
	EXPECT_EQ(config->ready_after_ms, 2000u);
	EXPECT_EQ(config->start_timeout_ms, 60000u);
	EXPECT_EQ(config->stop_timeout_ms, 10000u);
	EXPECT_EQ(config->restart, AET_RESTART_ON_FAILURE);
	EXPECT_EQ(config->stop_signal, SIGTERM);
	EXPECT_FALSE(config->keep_children);
	EXPECT_EQ(config->mechanism, AET_MECHANISM_SHM);
	EXPECT_EQ(config->handoff_timeout_ms, 5000u);
	EXPECT_EQ(config->connections, AET_CONNECTIONS_MIGRATE);
	EXPECT_EQ(config->drain_timeout_ms, 30000u);
	EXPECT_TRUE(config->overlap);
	EXPECT_EQ(config->snapshot_every_ms, 0u);
	EXPECT_EQ(config->snapshot_file, nullptr);
	EXPECT_TRUE(config->snapshot_on_stop);
	EXPECT_TRUE(config->give_back_arenas);
}

TEST_F(Config, EveryKey)
{
	const aet_config *c =
		good("service:\n  name: other\n  command: [sleep, 5, true, '']\n"
		     "  env: {PORT: 8080, EMPTY: \"\", A_b1: x=y}\n  directory: /srv/x\n"
		     "  listen: [\"tcp://:80\", \"unix://@x\"]\n  listeners: any\n  ready: notify\n"
		     "  ready_after: 200ms\n  start_timeout: 1.5m\n  stop_timeout: 1h\n"
		     "  restart: always\n  stop_signal: SIGQUIT\n  keep_children: true\n"
		     "handoff:\n  mechanism: shm\n  timeout: 0.25s\n"
		     "  connections: drain\n  drain_timeout: 0s\n  overlap: false\n"
		     "  snapshot_every: 30s\n  snapshot_file: /var/lib/agent/state\n"
		     "  snapshot_on_stop: false\n  give_back_arenas: false\n");

	EXPECT_STREQ(c->name, "other");
	EXPECT_EQ(strings(c->command), (Strings{"sleep", "5", "true", ""}));
	EXPECT_EQ(strings(c->env), (Strings{"PORT=8080", "EMPTY=", "A_b1=x=y"}));
	EXPECT_STREQ(c->directory, "/srv/x");
	EXPECT_EQ(strings(c->listen), (Strings{"tcp://:80", "unix://@x"}));
	EXPECT_EQ(c->listeners, AET_LISTENERS_ANY);
	EXPECT_EQ(c->ready, AET_READY_NOTIFY);
	EXPECT_EQ(c->ready_after_ms, 200u);
	EXPECT_EQ(c->start_timeout_ms, 90000u);
	EXPECT_EQ(c->stop_timeout_ms, 3600000u);
	EXPECT_EQ(c->restart, AET_RESTART_ALWAYS);
	EXPECT_EQ(c->stop_signal, SIGQUIT);
	EXPECT_TRUE(c->keep_children);
	EXPECT_EQ(c->handoff_timeout_ms, 250u);
	EXPECT_EQ(c->drain_timeout_ms, 0u);
	EXPECT_FALSE(c->overlap);
	EXPECT_EQ(c->snapshot_every_ms, 30000u);
	EXPECT_STREQ(c->snapshot_file, "/var/lib/agent/state");
	EXPECT_FALSE(c->snapshot_on_stop);
	EXPECT_FALSE(c->give_back_arenas);
	EXPECT_EQ(good("service: {ready: listen, restart: never}")->ready, AET_READY_LISTEN);
	EXPECT_EQ(config->restart, AET_RESTART_NEVER);
	EXPECT_EQ(good("service: {ready: started}")->ready, AET_READY_STARTED);
}

TEST_F(Config, UnknownKeys)
{
	EXPECT_EQ(bad("service:\n  env:\n    - PORT=8080\n  comand: [\"a\"]\n"),
		"f:4:3: unknown key 'comand', did you mean 'command'?");
	EXPECT_EQ(bad("servise:\n  command: [a]\n"),
		"f:1:1: unknown key 'servise', did you mean 'service'?");
	EXPECT_EQ(bad("\n\ncommand: [a]\n"),
		"f:3:1: unknown key 'command' at the top, it belongs under 'service'");
	EXPECT_EQ(bad("service: {timeout: 5s}"),
		"f:1:11: unknown key 'timeout' under service, it belongs under 'handoff'");
	EXPECT_EQ(bad_key("handoff", "colour: red"), "f:2:3: unknown key 'colour'");
}

TEST_F(Config, PresetsOfState)
{
	for (const char *text : {"[{langgraph: \"agent:SAVER\"}]", "[\"langgraph: agent:SAVER\"]",
		     "\n  - langgraph: agent:SAVER"})
		EXPECT_EQ(strings(good("handoff:\n  state: " + std::string(text) + "\n")->state),
			(Strings{"langgraph: agent:SAVER"}))
			<< text;
	EXPECT_EQ(bad_key("handoff", "state: [{flask: \"a:b\"}]"),
		"f:2:11: 'handoff.state' knows no preset 'flask', only 'langgraph'");
	EXPECT_EQ(bad_key("handoff", "state: [{langgraph: SAVER}]"),
		"f:2:11: 'handoff.state' is a list of names like my_agent:HISTORY, and this is a map");
	EXPECT_EQ(bad_key("handoff", "state: [\"langgraph: a:b\", {langgraph: \"a:b\"}]"),
		"f:2:29: 'langgraph: a:b' appears twice");
}

TEST_F(Config, NamesToExclude)
{
	EXPECT_EQ(strings(good("handoff:\n  exclude: [\"agent:AGENT.lock\"]\n")->exclude),
		(Strings{"agent:AGENT.lock"}));
	for (const char *name : {"agent", "agent:AGENT", "a.b:c", "a:b.", "a:b.c d"})
		EXPECT_EQ(bad_key("handoff", std::string("exclude: [\"") + name + "\"]"),
			std::string("f:2:13: 'handoff.exclude' is a list of names like "
				    "my_agent:AGENT.lock, and this is '") +
				name + "'");
}

TEST_F(Config, NamesOfState)
{
	EXPECT_EQ(
		strings(good("handoff:\n  state: [\"agent:HISTORY\", \"g.h:c.storage\"]\n")->state),
		(Strings{"agent:HISTORY", "g.h:c.storage"}));
	for (const char *name :
		{"agent", "agent:", ":X", "a:b:c", "a:1", "a..b:c", "a:b.", "a b:c"})
		EXPECT_EQ(bad_key("handoff", std::string("state: [\"") + name + "\"]"),
			std::string("f:2:11: 'handoff.state' is a list of names like "
				    "my_agent:HISTORY, and this is '") +
				name + "'");
	EXPECT_EQ(bad_key("handoff", "state: [\"a:b\", \"a:b\"]"), "f:2:18: 'a:b' appears twice");
	EXPECT_EQ(bad_key("handoff", "state: a:b"),
		"f:2:10: 'handoff.state' must be a list: write it as [\"a:b\"]");
	EXPECT_EQ(strings(good("handoff:\n  state: [\"app:app.state.*\"]\n")->state),
		(Strings{"app:app.state.*"}));
	EXPECT_EQ(bad_key("handoff", "state: [\"a:*\"]"),
		"f:2:11: 'handoff.state' is a list of names like my_agent:HISTORY, and this is "
		"'a:*'");
	EXPECT_EQ(bad_key("handoff", "on_busy: kill"),
		"f:2:12: 'handoff.on_busy' cannot be 'kill': it takes one of auto, rollback, close, drain, merge");
}

TEST_F(Config, DuplicateKeys)
{
	EXPECT_EQ(bad("service:\n  name: a\n  name: b\n"),
		"f:3:3: duplicate key 'name', first given in line 2");
	EXPECT_EQ(bad("service:\n  name: a\nhandoff:\n  timeout: 1s\nservice:\n  ready: listen\n"),
		"f:5:1: duplicate key 'service', first given in line 1");
	EXPECT_EQ(bad("service:\n  env: {A: 1, B: 2, A: 3}\n"),
		"f:2:21: duplicate key 'A', first given in line 2");
	EXPECT_EQ(
		bad("service:\n  env: [A=1, B=2, A=3]\n"), "f:2:19: the variable 'A' is set twice");
	EXPECT_EQ(strings(good("service:\n  env: [A=1, AB=2]\n")->env), (Strings{"A=1", "AB=2"}));
	EXPECT_EQ(strings(good("service:\n  env: [AB=2, A=1]\n")->env), (Strings{"AB=2", "A=1"}));
}

TEST_F(Config, WrongTypes)
{
	EXPECT_EQ(bad("- a\n"),
		"f:1:1: the file must be a map with 'service' and 'handoff' in it, "
		"not a list");
	EXPECT_EQ(bad("hello"),
		"f:1:1: the file must be a map with 'service' and 'handoff' in it, "
		"not text");
	EXPECT_EQ(bad("service: [a]"), "f:1:10: 'service' must be a map of keys, not a list");
	EXPECT_EQ(bad("service:\n  - a\n"), "f:2:3: 'service' must be a map of keys, not a list");
	EXPECT_EQ(
		bad_key("service", "name: [a]"), "f:2:9: 'service.name' must be text, not a list");
	EXPECT_EQ(bad_key("service", "name:"), "f:2:8: 'service.name' must be text, not nothing");
	EXPECT_EQ(bad_key("service", "directory: {a: b}"),
		"f:2:14: 'service.directory' must be text, not a map");
	EXPECT_EQ(bad_key("service", "ready: [accept]"),
		"f:2:10: 'service.ready' must be a word, not a list");
	EXPECT_EQ(bad_key("handoff", "timeout: [5s]"),
		"f:2:12: 'handoff.timeout' must be a duration, as in 5s, not a list");
	EXPECT_EQ(bad_key("handoff", "timeout: ~"),
		"f:2:12: 'handoff.timeout' must be a duration, as in 5s, not nothing");
	EXPECT_EQ(bad_key("handoff", "snapshot_file: state"),
		"f:2:18: 'handoff.snapshot_file' must be the absolute path of a file, as in "
		"/var/lib/agent/state");
	EXPECT_EQ(bad_key("handoff", "snapshot_file: /var/lib/"),
		"f:2:18: 'handoff.snapshot_file' must be the absolute path of a file, as in "
		"/var/lib/agent/state");
	EXPECT_EQ(bad_key("handoff", "snapshot_file: /" + std::string(201, 'x')),
		"f:2:18: 'handoff.snapshot_file' is too long");
	EXPECT_EQ(bad_key("handoff", "overlap: 'true'"),
		"f:2:12: 'handoff.overlap' must be true or false, not text");
	EXPECT_EQ(bad_key("handoff", "overlap: maybe"),
		"f:2:12: 'handoff.overlap' must be true or false, not 'maybe'");
	EXPECT_EQ(bad("? [a, b]\n: c\n"), "f:1:3: a key must be a word, not a list");
}

TEST_F(Config, SignalsByName)
{
	for (const char *text : {"QUIT", "SIGQUIT", "quit"})
		EXPECT_EQ(good("service: {command: [a], stop_signal: " + std::string(text) + "}")
				  ->stop_signal,
			SIGQUIT);
	for (const char *text : {"KILL", "9", "TERMINATE", "RTMIN+99"})
		EXPECT_NE(bad("service:\n  stop_signal: " + std::string(text) + "\n")
				  .find("f:2:16: 'service.stop_signal' cannot be '"),
			std::string::npos);
}

TEST_F(Config, BadWords)
{
	EXPECT_EQ(bad_key("service", "ready: acept"),
		"f:2:10: 'service.ready' cannot be 'acept': it takes one of accept, listen, notify, "
		"started, did you mean 'accept'?");
	EXPECT_EQ(bad_key("service", "restart: unless-stopped"),
		"f:2:12: 'service.restart' cannot be 'unless-stopped': it takes one of on-failure, "
		"always, never");
	EXPECT_EQ(bad_key("handoff", "mechanism: pipes"),
		"f:2:14: 'handoff.mechanism' cannot be 'pipes': it takes one of shm, pipe, did you "
		"mean 'pipe'?");
	EXPECT_EQ(bad_key("handoff", "connections: drop"),
		"f:2:16: 'handoff.connections' cannot be 'drop': it takes one of migrate, drain, close");
	EXPECT_EQ(bad_key("service", "ready: Accept").substr(0, 10), "f:2:10: 's");
}

TEST_F(Config, Booleans)
{
	for (const char *word : {"true", "yes", "on", "True", "YES"})
		EXPECT_TRUE(good(std::string("handoff: {overlap: ") + word + "}")->overlap);
	for (const char *word : {"false", "no", "off", "False"})
		EXPECT_FALSE(good(std::string("handoff: {overlap: ") + word + "}")->overlap);
}

TEST_F(Config, Commands)
{
	EXPECT_EQ(bad_key("service", "command: python3"),
		"f:2:12: 'service.command' must be a list: write it as [\"python3\"]");
	EXPECT_EQ(bad_key("service", "command: python3 my_agent.py"),
		"f:2:12: 'service.command' must be a list: write it as [\"program\", \"argument\"], "
		"not text");
	EXPECT_EQ(bad_key("service", "command: []"),
		"f:2:12: 'service.command' is empty: it must name a program");
	EXPECT_EQ(bad_key("service", "command: ['', a]"),
		"f:2:13: 'service.command' names no program: its first word is empty");
	EXPECT_EQ(bad_key("service", "command: [a, [b]]"),
		"f:2:16: 'service.command' is a list of words, and this is a list");
	EXPECT_EQ(bad_key("service", "command: [a, ~]"),
		"f:2:16: 'service.command' is a list of words, and this is nothing");
	EXPECT_EQ(bad_key("service", "command: {a: b}").substr(0, 8), "f:2:12: ");
}

TEST_F(Config, Environment)
{
	EXPECT_EQ(bad_key("service", "env: PORT=1"),
		"f:2:8: 'service.env' must be a list of KEY=VALUE, or a map, not text");
	EXPECT_EQ(bad_key("service", "env: [PORT]"),
		"f:2:9: 'PORT' lacks a '=': the items of 'service.env' are KEY=VALUE");
	for (const char *item : {"=x", "1A=x", "A B=x", "A-B=x", "\xc3\xa4=x"})
		EXPECT_NE(bad_key("service", std::string("env: ['") + item + "']")
				  .find("is not the name of a variable"),
			std::string::npos)
			<< item;
	EXPECT_EQ(bad_key("service", "env: {'A B': x}").substr(0, 12), "f:2:9: 'A B'");
	EXPECT_EQ(bad_key("service", "env: [{PORT: 1}]"),
		"f:2:9: 'service.env' is a list of KEY=VALUE, and this is a map");
	EXPECT_EQ(bad_key("service", "env: {A: }"),
		"f:2:12: the variable 'A' must be text, not nothing: write \"\" for an empty one");
	EXPECT_EQ(bad_key("service", "env: {A: [1]}"),
		"f:2:12: the variable 'A' must be text, not a list");
	EXPECT_EQ(strings(good("service: {env: []}")->env), Strings{});
	EXPECT_EQ(strings(good("service: {env: [\"A=b=c\", \"B=\"]}")->env),
		(Strings{"A=b=c", "B="}));
}

TEST_F(Config, Durations)
{
	uint64_t ms = 0;

	EXPECT_EQ(bad_key("handoff", "timeout: 5"),
		"f:2:12: 'handoff.timeout' is '5', which lacks a unit: one of ms, s, m and h, as in "
		"5s");
	EXPECT_EQ(bad_key("handoff", "timeout: 0"),
		"f:2:12: 'handoff.timeout' is '0', which lacks a unit: one of ms, s, m and h, as in "
		"5s");
	EXPECT_EQ(bad_key("handoff", "timeout: 0s"),
		"f:2:12: 'handoff.timeout' is '0s', which is too short: it must be more than zero");
	EXPECT_EQ(bad_key("handoff", "timeout: -5s"),
		"f:2:12: 'handoff.timeout' is '-5s', which is negative");
	EXPECT_EQ(bad_key("handoff", "timeout: 481h"),
		"f:2:12: 'handoff.timeout' is '481h', which is too long: at most 480h");
	EXPECT_EQ(bad_key("handoff", "timeout: 5 sec").substr(0, 60),
		"f:2:12: 'handoff.timeout' is '5 sec', which is not a duratio");
	for (const char *text : {"99999999999999999999999s", "18446744073709551616ms",
		     "5124095576030432h", "999999999999m"})
		EXPECT_STREQ(aet_duration_parse(text, &ms), "is too long: at most 480h") << text;
	for (const char *text : {"", "s", "ms", ".5s", "5.s", "5S", "5 s", "1e3s", "0x5s", "+5s",
		     "5s5", "5us", "5d", "-", "-s", "5,5s"})
		EXPECT_NE(aet_duration_parse(text, &ms), nullptr) << text;
	for (const char *text : {"0.5ms", "0.0001s", "1.00000000001s", "0.333333333333333333m"})
		EXPECT_STREQ(aet_duration_parse(text, &ms), "is finer than a millisecond") << text;
	EXPECT_EQ(ms, 0u) << "untouched";
}

TEST_F(Config, GoodDurations)
{
	const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {{"0s", 0}, {"1ms", 1}, {"5s", 5000}, {"0.1s", 100}, {"1.5m", 90000},
		{"480h", 1728000000}, {"005s", 5000}, {"0.500s", 500}, {"0.001s", 1},
		{"999999999ms", 999999999}, {"0000000000000s", 0}};

	for (const auto &c : cases) {
		uint64_t ms = 12345;

		EXPECT_EQ(aet_duration_parse(c.text, &ms), nullptr) << c.text;
		EXPECT_EQ(ms, c.ms) << c.text;
	}
}

TEST_F(Config, Listen)
{
	std::string many = "service: {listen: [";

	EXPECT_EQ(bad_key("service", "listen: tcp://0.0.0.0:80"),
		"f:2:11: 'service.listen' must be a list: write it as [\"tcp://0.0.0.0:80\"]");
	EXPECT_EQ(bad_key("service", "listen: ~"),
		"f:2:11: 'service.listen' must be a list of addresses, not nothing");
	EXPECT_EQ(bad_key("service", "listen: ['tcp://:80', 'tcp://localhost:80']"),
		"f:2:25: 'tcp://localhost:80' needs an IP address, not a host name: 127.0.0.1 for "
		"this machine alone, 0.0.0.0 for everybody");
	EXPECT_EQ(bad_key("service", "listen: ['tcp://:80', 'tcp://0.0.0.0:80']"),
		"f:2:25: 'tcp://0.0.0.0:80' appears twice");
	EXPECT_EQ(bad_key("service", "listen: [8080]").substr(0, 20), "f:2:12: '8080' needs");
	EXPECT_EQ(bad_key("service", "listen: [[a]]"),
		"f:2:12: 'service.listen' is a list of addresses, and this is a list");
	EXPECT_EQ(
		strings(good("service: {listen: ['tcp://:80', 'udp://:80']}")->listen).size(), 2u);
	EXPECT_EQ(strings(good("service: {listen: ['tcp://:0', 'tcp://:0']}")->listen).size(), 2u);
	for (int i = 1; i <= 64; i++)
		many += "'tcp://:" + std::to_string(i) + "', ";
	EXPECT_EQ(strings(good(many + "]}")->listen).size(), 64u);
	EXPECT_NE(
		bad(many + "'tcp://:65']}").find("has more than 64 addresses"), std::string::npos);
}

TEST_F(Config, Names)
{
	EXPECT_EQ(bad_key("service", "name: ''"), "f:2:9: 'service.name' is empty");
	EXPECT_EQ(bad_key("service", "name: \"a\\nb\""),
		"f:2:9: 'service.name' has an unprintable character");
	EXPECT_EQ(bad_key("service", "name: " + std::string(101, 'n')),
		"f:2:9: 'service.name' is longer than 100 characters");
	EXPECT_STREQ(good("service: {name: 42}")->name, "42");
	EXPECT_STREQ(good("")->name, "my-agent");
	const struct {
		const char *file, *name;
	} cases[] = {
		{"a.b.yaml", "a.b"}, {"plain", "plain"}, {".yaml", ".yaml"}, {"x\ny.yml", "x_y"}};
	for (const auto &c : cases) {
		write("", c.file);
		ASSERT_EQ(load(c.file, nullptr, true), 0);
		EXPECT_STREQ(config->name, c.name);
	}
}

TEST_F(Config, PathsAreAbsoluteAsTyped)
{
	ASSERT_EQ(mkdir("v1", 0755), 0);
	ASSERT_EQ(symlink("v1", "current"), 0);
	write("", "v1/a.yaml");
	const std::string cases[][2] = {{"current/a.yaml", "/current/a.yaml"},
		{"./current//./a.yaml", "/current/a.yaml"},
		{"current/../v1/a.yaml", "/current/../v1/a.yaml"},
		{directory + "//v1/./a.yaml", "/v1/a.yaml"}};
	for (const auto &c : cases) {
		ASSERT_EQ(load(c[0].c_str(), nullptr, true), 0) << error.text;
		EXPECT_EQ(config->path, directory + c[1]);
	}
	char *path = aet_config_path("/");
	EXPECT_STREQ(path, "/");
	free(path);
	path = aet_config_path("/./nowhere//x/");
	EXPECT_STREQ(path, "/nowhere/x");
	free(path);
}

TEST_F(Config, NoWorkingDirectory)
{
	ASSERT_EQ(mkdir("gone", 0755), 0);
	ASSERT_EQ(chdir("gone"), 0);
	ASSERT_EQ(rmdir("../gone"), 0);
	EXPECT_EQ(load("a.yaml"), -ENOENT);
	EXPECT_EQ(std::string(error.text).rfind("cannot tell the working directory", 0), 0u);
	ASSERT_EQ(chdir(directory.c_str()), 0);
}

TEST_F(Config, TheCommandLineWins)
{
	char first[] = "first", second[] = "second", empty[] = "";
	char *const command[] = {first, second, nullptr};
	char *const nothing[] = {nullptr};
	char *const blank[] = {empty, nullptr};

	write("service: {command: [other], name: n}");
	ASSERT_EQ(load("my-agent.yaml", command), 0);
	EXPECT_EQ(strings(config->command), (Strings{"first", "second"}));
	EXPECT_STREQ(config->name, "n");
	EXPECT_NE(config->command[0], first) << "a copy";
	EXPECT_EQ(load("my-agent.yaml", nothing), -EINVAL);
	EXPECT_EQ(load("my-agent.yaml", blank), -EINVAL);
	write("service: {command: other}");
	EXPECT_EQ(load("my-agent.yaml", command), -EINVAL) << "the file must be right all the same";
}

TEST_F(Config, NoCommandAnywhere)
{
	EXPECT_EQ(load(nullptr), -ENODATA);
	EXPECT_EQ(error.line, 0);
	EXPECT_EQ(load(nullptr, nullptr, true), 0);
	EXPECT_EQ(config->command, nullptr);
	write("");
	EXPECT_EQ(load("my-agent.yaml"), -EINVAL);
	EXPECT_EQ(std::string(error.text),
		"'" + file + "' has no 'service.command', and there is none after '--'");
}

TEST_F(Config, EmptyFilesAndSections)
{
	for (const char *text : {"", "\n\n", "# nothing\n", "---\n", "~", "service:\nhandoff:\n",
		     "service:\n#  name: x\n", "\xef\xbb\xbfservice:\n  name: bom\n", "---\n...\n"})
		EXPECT_EQ(good(text)->stop_timeout_ms, 10000u) << text;
}

TEST_F(Config, FilesThatCannotBeRead)
{
	EXPECT_EQ(load("nowhere.yaml"), -ENOENT);
	EXPECT_STREQ(error.text, "cannot read 'nowhere.yaml': No such file or directory");
	EXPECT_EQ(error.line, 0);
	ASSERT_EQ(mkdir("dir.yaml", 0755), 0);
	EXPECT_EQ(load("dir.yaml"), -EISDIR);
	EXPECT_STREQ(error.text, "cannot read 'dir.yaml': it is a directory");
	ASSERT_EQ(mkfifo("fifo.yaml", 0644), 0);
	alarm(10);
	EXPECT_EQ(load("fifo.yaml"), -EINVAL);
	alarm(0);
	EXPECT_STREQ(error.text, "cannot read 'fifo.yaml': it is not a regular file");
	EXPECT_EQ(load("/dev/zero"), -EINVAL);
	EXPECT_EQ(load("my-agent.yaml/"), -ENOENT);
	if (geteuid() != 0) {
		write("");
		ASSERT_EQ(chmod("my-agent.yaml", 0), 0);
		EXPECT_EQ(load("my-agent.yaml"), -EACCES);
	}
}

TEST_F(Config, TheDefaultFileMustBeReadableIfItIsThere)
{
	ASSERT_EQ(mkdir("aeterna.yaml", 0755), 0);
	EXPECT_EQ(load(nullptr, nullptr, true), -EISDIR);
	EXPECT_STREQ(error.text, "cannot read 'aeterna.yaml': it is a directory");
	ASSERT_EQ(rmdir("aeterna.yaml"), 0);
	ASSERT_EQ(symlink("nowhere", "aeterna.yaml"), 0);
	EXPECT_EQ(load(nullptr, nullptr, true), -EINVAL);
	EXPECT_STREQ(error.text, "cannot read 'aeterna.yaml': it is a link to nothing");
}

TEST_F(Config, SizeIsBounded)
{
	std::string most = "#" + std::string(AET_CONFIG_MAX_BYTES - 1, 'x');

	EXPECT_TRUE(good(most)->has_file);
	EXPECT_EQ(bad(most + "x"), "cannot read 'my-agent.yaml': it is larger than 1 MiB");
	EXPECT_EQ(bad(std::string(10 << 20, ' ')),
		"cannot read 'my-agent.yaml': it is larger than 1 MiB");
}

TEST_F(Config, BinaryGarbage)
{
	EXPECT_EQ(bad("service:\n  name: \x01\n"),
		"f:2:9: is not a text file: control characters are not allowed");
	EXPECT_EQ(bad("a\n\xff\xfe\n").substr(0, 29), "f:2:1: is not a text file: in");
	EXPECT_EQ(bad(std::string("service:\n  name: a\0b\n", 21)).substr(0, 7), "f:2:10:");
	EXPECT_EQ(bad("service:\n  name: \"a\\0b\"\n"), "f:2:9: text cannot hold a NUL character");
	EXPECT_EQ(
		bad("service:\n  env: {\"A\\0\": b}\n"), "f:2:9: text cannot hold a NUL character");
	srand(1);
	for (int i = 0; i < 2000; i++) {
		std::string text;

		for (int n = rand() % 200; n > 0; n--)
			text += static_cast<char>(rand());
		write(text);
		(void)load("my-agent.yaml", nullptr, true);
	}
}

TEST_F(Config, MutilatedFiles)
{
	const std::string whole =
		"service:\n  name: &n x\n  command: [\"a\", 'b', *n]\n  env:\n    - A=1\n"
		"  listen: [\"tcp://:80\"]\nhandoff: {timeout: 5s, overlap: true}\n";

	for (size_t n = 0; n <= whole.size(); n++) {
		write(whole.substr(0, n));
		(void)load("my-agent.yaml", nullptr, true);
		for (char c : {'\0', '\t', '[', '}', '&', '"', '\xff'}) {
			std::string text = whole;

			if (n < text.size())
				text[n] = c;
			write(text);
			int r = load("my-agent.yaml", nullptr, true);
			if (r < 0) {
				EXPECT_GT(error.line, 0) << text << error.text;
				EXPECT_GT(error.column, 0) << text << error.text;
			}
		}
	}
}

TEST_F(Config, BadYaml)
{
	EXPECT_EQ(bad("service: [a\n").substr(0, 29), "f:2:1: is not valid YAML: did");
	EXPECT_EQ(bad("service:\n\tname: a\n").substr(0, 30), "f:2:1: is not valid YAML: foun");
	EXPECT_EQ(bad("service: {name: a}\n---\nhandoff: {}\n"),
		"f:2:1: a second document begins here");
	EXPECT_EQ(bad("service: {name: !!int 5}"),
		"f:1:17: the tag 'tag:yaml.org,2002:int' has no meaning here");
	EXPECT_EQ(
		bad("service: {name: !secret x}"), "f:1:17: the tag '!secret' has no meaning here");
	EXPECT_STREQ(good("service: {name: !!str 5}")->name, "5");
	EXPECT_STREQ(good("%YAML 1.1\n---\nservice: {name: a}\n...\n")->name, "a");
}

TEST_F(Config, AliasesAreTheNodesTheyName)
{
	const aet_config *c = good("service:\n  name: &n agent\n  command: &c [run, *n]\n"
				   "  env: [\"A=1\"]\nhandoff: &h {timeout: 1s}\n");

	EXPECT_EQ(strings(c->command), (Strings{"run", "agent"}));
	EXPECT_EQ(bad("service: {name: *x}"), "f:1:17: the alias '*x' has no anchor before it");
	EXPECT_EQ(bad("service: &s {name: *s}"), "f:1:20: the alias '*s' has no anchor before it");
}

TEST_F(Config, DepthSizeAndAliasesAreBounded)
{
	std::string laughs = "a0: &a0 [x, x]\n", anchors = "service:\n  command:\n", many;

	EXPECT_NE(bad(std::string(1000, '[')).find("nested too deeply"), std::string::npos);
	EXPECT_NE(bad("service: " + std::string(500000, '{')).find("f:1:"), std::string::npos);
	for (int i = 1; i < 40; i++) {
		std::string before = "*a" + std::to_string(i - 1);

		laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
			", " + before + "]\n";
	}
	alarm(20);
	EXPECT_EQ(bad(laughs), "f:1:1: unknown key 'a0'");
	for (int i = 0; i < 70; i++)
		anchors += "    - &a" + std::to_string(i) + " x\n";
	EXPECT_EQ(bad(anchors), "f:67:7: there are too many anchors");
	for (int i = 0; i < 20000; i++)
		many += "- x\n";
	EXPECT_EQ(bad(many), "f:10000:3: there are too many values");
	alarm(0);
}

TEST_F(Config, ErrorIsOptional)
{
	aet_config *loaded = nullptr;

	write("service: {nmae: x}");
	EXPECT_EQ(aet_config_load("my-agent.yaml", nullptr, true, &loaded, nullptr), -EINVAL);
	EXPECT_EQ(aet_config_load("nowhere", nullptr, true, &loaded, nullptr), -ENOENT);
	EXPECT_EQ(loaded, nullptr);
	EXPECT_EQ(aet_config_load(nullptr, nullptr, true, &loaded, nullptr), 0);
	aet_config_free(loaded);
	aet_config_free(nullptr);
}

TEST_F(Config, HelpNamesEveryKeyThatWorks)
{
	char *text = nullptr;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ASSERT_EQ(aet_config_keys_print_help(out), 0);
	fclose(out);
	std::string help(text, size);
	free(text);
	for (size_t i = 0; i < aet_config_key_count; i++) {
		const aet_config_key *key = &aet_config_keys[i];
		bool is_there = help.find(std::string("    ") + key->name + ": ") != help.npos;

		EXPECT_TRUE(is_there) << key->name;
	}
}

} // namespace
