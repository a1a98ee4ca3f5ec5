/*
 * The launcher's command line: every verb and option, and the words of each refusal. The options
 * of sockets: preload/socket_options_test.cc.
 */
#include <errno.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <vector>

extern "C" {
#include "cli/help.h"
#include "cli/options.h"
}

namespace
{

class CommandLine : public testing::Test
{
      protected:
	int parse(std::vector<std::string> given)
	{
		words = std::move(given);
		words.insert(words.begin(), "aeterna-launch");
		argv.clear();
		for (std::string &word : words)
			argv.push_back(&word[0]);
		argv.push_back(nullptr);
		error = {};
		return aet_options_parse(
			static_cast<int>(words.size()), argv.data(), &options, &error);
	}

	void good(const std::vector<std::string> &given)
	{
		options = {};
		ASSERT_EQ(parse(given), 0) << error.text;
	}

	std::string bad(const std::vector<std::string> &given)
	{
		aet_options before;

		memset(&options, 0xa5, sizeof(options));
		before = options;
		if (parse(given) == 0)
			return "nothing is wrong";
		EXPECT_EQ(memcmp(&before, &options, sizeof(options)), 0);
		EXPECT_EQ(error.line, 0);
		return error.text;
	}

	std::vector<std::string> words;
	std::vector<char *> argv;
	aet_options options;
	aet_error error;
};

TEST_F(CommandLine, Nothing)
{
	good({});
	EXPECT_EQ(options.verb, AET_VERB_RUN);
	EXPECT_EQ(options.config_path, nullptr);
	EXPECT_EQ(options.command, nullptr);
	EXPECT_EQ(options.pid, 0);
	EXPECT_FALSE(options.json);
	EXPECT_FALSE(options.verbose);
	EXPECT_EQ(options.log_format, AET_LOG_TEXT);
}

TEST_F(CommandLine, Run)
{
	good({"-c", "f.yaml", "-v", "--log-format", "json", "--", "python3", "-c", "--help"});
	EXPECT_EQ(options.verb, AET_VERB_RUN);
	EXPECT_STREQ(options.config_path, "f.yaml");
	EXPECT_TRUE(options.verbose);
	EXPECT_EQ(options.log_format, AET_LOG_JSON);
	ASSERT_NE(options.command, nullptr);
	EXPECT_STREQ(options.command[0], "python3");
	EXPECT_STREQ(options.command[1], "-c");
	EXPECT_STREQ(options.command[2], "--help");
	EXPECT_EQ(options.command[3], nullptr);
	good({"--", "reload"});
	EXPECT_EQ(options.verb, AET_VERB_RUN);
	EXPECT_STREQ(options.command[0], "reload");
	good({"--", "--"});
	EXPECT_STREQ(options.command[0], "--");
}

TEST_F(CommandLine, WaysToWriteThem)
{
	for (const std::vector<std::string> &way :
		std::vector<std::vector<std::string>>{{"-c", "x"}, {"-cx"}, {"--config", "x"},
			{"--config=x"}, {"-vc", "x"}, {"-vcx"}, {"-c", "y", "-c", "x"}}) {
		good(way);
		EXPECT_STREQ(options.config_path, "x");
	}
	good({"--config=a=b"});
	EXPECT_STREQ(options.config_path, "a=b");
	good({"-c", "-v"});
	EXPECT_STREQ(options.config_path, "-v");
	EXPECT_FALSE(options.verbose);
	good({"--log-format=text"});
	EXPECT_EQ(options.log_format, AET_LOG_TEXT);
}

TEST_F(CommandLine, Verbs)
{
	const struct {
		const char *word;
		aet_verb verb;
	} cases[] = {{"start", AET_VERB_RUN}, {"reload", AET_VERB_RELOAD},
		{"status", AET_VERB_STATUS}, {"snapshot", AET_VERB_SNAPSHOT},
		{"stop", AET_VERB_STOP}, {"check", AET_VERB_CHECK}};

	for (const auto &c : cases) {
		good({c.word, "-c", "f"});
		EXPECT_EQ(options.verb, c.verb);
		EXPECT_STREQ(options.config_path, "f");
		good({"-c", "f", c.word});
		EXPECT_EQ(options.verb, c.verb);
		EXPECT_STREQ(options.config_path, "f");
	}
	good({"reload", "--json"});
	EXPECT_TRUE(options.json);
	good({"reload", "--discard-state"});
	EXPECT_TRUE(options.discards_all);
	EXPECT_EQ(options.discarded_count, 0);
	good({"reload", "--discard-state=a:B", "--discard-state=c", "--json"});
	EXPECT_FALSE(options.discards_all);
	ASSERT_EQ(options.discarded_count, 2);
	EXPECT_STREQ(options.discarded[0], "a:B");
	EXPECT_STREQ(options.discarded[1], "c");
	good({"status", "--json", "--pid", "4242"});
	EXPECT_EQ(options.pid, 4242);
	good({"stop", "--pid=1"});
	EXPECT_EQ(options.pid, 1);
	good({"check", "--json", "--", "a", "b"});
	EXPECT_STREQ(options.command[1], "b");
	good({"start", "--log-format", "json", "--", "a"});
	EXPECT_STREQ(options.command[0], "a");
}

TEST_F(CommandLine, HelpAndVersion)
{
	good({"--help"});
	EXPECT_EQ(options.verb, AET_VERB_HELP);
	EXPECT_EQ(options.help_for, AET_VERB_RUN);
	for (aet_verb verb : {AET_VERB_START, AET_VERB_RELOAD, AET_VERB_STATUS, AET_VERB_SNAPSHOT,
		     AET_VERB_STOP, AET_VERB_CHECK}) {
		for (const std::vector<std::string> &way :
			std::vector<std::vector<std::string>>{{aet_verb_name(verb), "--help"},
				{"-h", aet_verb_name(verb)}, {"help", aet_verb_name(verb)},
				{aet_verb_name(verb), "--json", "-h"}}) {
			good(way);
			EXPECT_EQ(options.verb, AET_VERB_HELP);
			EXPECT_EQ(options.help_for, verb);
		}
		good({aet_verb_name(verb), "--version"});
		EXPECT_EQ(options.verb, AET_VERB_VERSION);
	}
	good({"-V"});
	EXPECT_EQ(options.verb, AET_VERB_VERSION);
	good({"version"});
	EXPECT_EQ(options.verb, AET_VERB_VERSION);
	good({"help", "help"});
	EXPECT_EQ(options.help_for, AET_VERB_RUN);
	good({"help", "--version"});
	EXPECT_EQ(options.verb, AET_VERB_VERSION);
}

TEST_F(CommandLine, UnknownWords)
{
	EXPECT_EQ(bad({"agent.py"}),
		"unknown command 'agent.py', did you mean '-- agent.py'? (a "
		"program to run goes after '--')");
	EXPECT_EQ(bad({"start", "agent.py"}),
		"unknown command 'agent.py', did you mean 'start -- agent.py'? (a program to run "
		"goes after '--')");
	EXPECT_EQ(bad({"relaod"}),
		"unknown command 'relaod', did you mean 'reload'? (a program to "
		"run goes after '--')");
	EXPECT_EQ(bad({"start", "a.yaml"}),
		"'a.yaml' is in the wrong place, did you mean '-c a.yaml'?");
	EXPECT_EQ(bad({"a.yml"}), "'a.yml' is in the wrong place, did you mean '-c a.yml'?");
	EXPECT_EQ(bad({"status", "now"}), "'status' takes no argument 'now'");
	EXPECT_EQ(bad({"status", "stop"}), "'status' takes no argument 'stop'");
}

TEST_F(CommandLine, UnknownOptions)
{
	EXPECT_EQ(bad({"--jsn"}), "unknown option '--jsn', did you mean '--json'?");
	EXPECT_EQ(bad({"--confg=x"}), "unknown option '--confg', did you mean '--config'?");
	EXPECT_EQ(bad({"--colour"}), "unknown option '--colour', see --help");
	EXPECT_EQ(bad({"-x"}), "unknown option '-x', see --help");
	EXPECT_EQ(bad({"-vx"}), "unknown option '-x', see --help");
	EXPECT_EQ(bad({"--" + std::string(5000, 'x')}).size(), 129u);
	EXPECT_EQ(bad({"--=x"}), "unknown option '--', see --help");
	EXPECT_EQ(bad({"-"}).substr(0, 19), "unknown command '-'");
	EXPECT_EQ(bad({""}).substr(0, 18), "unknown command ''");
}

TEST_F(CommandLine, Values)
{
	EXPECT_EQ(bad({"-c"}), "'-c' wants a file");
	EXPECT_EQ(bad({"--config"}), "'--config' wants a file");
	EXPECT_EQ(bad({"-c", "--", "a"}), "'-c' wants a file");
	EXPECT_EQ(bad({"-c", ""}), "'-c' wants a file, not nothing");
	EXPECT_EQ(bad({"--config="}), "'-c' wants a file, not nothing");
	EXPECT_EQ(bad({"--verbose=1"}), "'--verbose' takes no value");
	EXPECT_EQ(bad({"--log-format", "jsn"}), "'--log-format' takes 'text' or 'json', not 'jsn'");
	EXPECT_EQ(bad({"--log-format"}), "'--log-format' wants 'text' or 'json'");
	for (const char *pid : {"", "0", "-1", "abc", "1x", "99999999999999", " 1", "1.5", "0x10"})
		EXPECT_EQ(bad({"stop", "--pid", pid}),
			std::string("'") + pid + "' is not a process number");
}

TEST_F(CommandLine, WhatDoesNotGoTogether)
{
	EXPECT_EQ(bad({"snapshot", "--discard-state"}),
		"'--discard-state' means nothing to 'snapshot'");
	EXPECT_EQ(bad({"reload", "--discard-state="}), "'--discard-state=' wants a name");
	EXPECT_EQ(bad({"reload", "--discard-state=a\nb"}), "'--discard-state=' wants a name");
	EXPECT_EQ(bad({"stop", "--json"}), "'--json' means nothing to 'stop'");
	EXPECT_EQ(bad({"snapshot", "--json"}), "'--json' means nothing to 'snapshot'");
	EXPECT_EQ(bad({"--json"}), "'--json' means nothing without a command such as 'status'");
	EXPECT_EQ(bad({"--pid", "1"}), "'--pid' means nothing without a command such as 'status'");
	EXPECT_EQ(bad({"check", "--pid", "1"}), "'--pid' means nothing to 'check'");
	EXPECT_EQ(bad({"reload", "--log-format", "json"}),
		"'--log-format' means nothing to 'reload'");
	EXPECT_EQ(bad({"reload", "--", "a"}), "'reload' takes no command to run");
	EXPECT_EQ(bad({"stop", "-c", "f", "--pid", "1"}),
		"'-c' and '--pid' both name a launcher: give one of them");
	EXPECT_EQ(bad({"--"}), "there is no command after '--'");
	EXPECT_EQ(bad({"--", ""}), "the command after '--' is empty");
}

std::string print(aet_verb verb)
{
	char *text = nullptr;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	EXPECT_EQ(aet_help_print(out, verb), 0);
	fclose(out);
	std::string result(text, size);
	free(text);
	return result;
}

TEST(Help, EachVerbHasItsOwn)
{
	for (aet_verb verb : {AET_VERB_RUN, AET_VERB_START, AET_VERB_RELOAD, AET_VERB_STATUS,
		     AET_VERB_SNAPSHOT, AET_VERB_STOP, AET_VERB_CHECK}) {
		std::string text = print(verb);
		size_t longest = 0, column = 0;

		EXPECT_EQ(text.rfind("Usage: aeterna", 0), 0u);
		EXPECT_NE(text.find(aet_verb_name(verb)), text.npos);
		EXPECT_NE(text.find("Exit status:"), text.npos);
		EXPECT_NE(text.find("--help"), text.npos);
		EXPECT_EQ(text.back(), '\n');
		for (char c : text) {
			column = c == '\n' ? 0 : column + 1;
			longest = std::max(longest, column);
		}
		EXPECT_LE(longest, 90u) << text;
	}
	for (aet_verb verb : {AET_VERB_RUN, AET_VERB_CHECK})
		EXPECT_NE(print(verb).find("drain_timeout"), std::string::npos);
	for (const char *word : {"HUP", "TERM", "QUIT", "USR2", "126", "127", "78", "64"})
		EXPECT_NE(print(AET_VERB_RUN).find(word), std::string::npos) << word;
}

} // namespace
