/*
 * Commands that run commands: the words at which each is followed to its program.
 */
#include <gtest/gtest.h>
#include <string>
#include <vector>

extern "C" {
#include "base/last_words.h"
#include "base/signal_name.h"
#include "base/wrapper.h"
#include "inspect/known_program.h"
}

namespace
{

using Words = std::vector<std::string>;

class Wrapped
{
      public:
	explicit Wrapped(Words words) : words_(std::move(words))
	{
		for (std::string &word : words_)
			argv_.push_back(&word[0]);
		argv_.push_back(nullptr);
		aet_wrapper_follow(argv_.data(), &found);
	}
	Words command() const
	{
		Words words;

		for (const char *const *word = found.argv; *word; word++)
			words.push_back(*word);
		return words;
	}

	aet_wrapped found;

      private:
	Words words_;
	std::vector<char *> argv_;
};

struct Case {
	Words given;
	Words found;
};

TEST(Wrapper, IsFollowedToItsProgram)
{
	const Case cases[] = {
		{{"python3", "app.py"}, {"python3", "app.py"}},
		{{"env", "-u", "C", "A=b", "p", "x"}, {"p", "x"}},
		{{"/usr/bin/nice", "-n5", "p"}, {"p"}},
		{{"nice", "-n", "5", "nohup", "p", "-n"}, {"p", "-n"}},
		{{"tini", "-g", "-e", "143", "--", "p"}, {"p"}},
		{{"catatonit", "--", "p", "--", "x"}, {"p", "--", "x"}},
		{{"dumb-init", "--rewrite", "15:3", "p"}, {"p"}},
		{{"gosu", "www-data:www-data", "p", "-x"}, {"p", "-x"}},
		{{"su-exec", "1000", "p"}, {"p"}},
		{{"setpriv", "--reuid", "1", "--regid=1", "--init-groups", "p"}, {"p"}},
		{{"timeout", "-k", "5", "-s", "INT", "30", "p"}, {"p"}},
		{{"taskset", "-c", "0,1", "p"}, {"p"}},
		{{"chrt", "-f", "10", "p"}, {"p"}},
		{{"runuser", "-u", "app", "--", "p"}, {"p"}},
		{{"/lib64/ld-linux-x86-64.so.2", "--library-path", "/x", "/bin/p"}, {"/bin/p"}},
		{{"uv", "run", "p", "x"}, {"p", "x"}},
		{{"uv", "--directory", "/x", "run", "--with", "a", "--", "p"}, {"p"}},
		{{"uv", "sync"}, {"uv", "sync"}},
		{{"poetry", "run", "p"}, {"p"}},
		{{"doppler", "run", "--", "p"}, {"p"}},
		{{"npx", "--yes", "p"}, {"p"}},
		{{"sh", "-c", "exec p 'a b'"}, {"p", "a b"}},
		{{"sh", "-ec", "cd /x && A=b exec env C=d p >log 2>&1"}, {"p"}},
		{{"bash", "-lc", "./build.sh; p --port \"$PORT\""}, {"p", "--port", "$PORT"}},
		{{"sh", "-c", "p; exit $?"}, {"p"}},
		{{"sh", "-c", "p # why"}, {"p"}},
		{{"sh", "-c", "exec \"$@\"", "sh", "p"}, {"sh", "-c", "exec \"$@\"", "sh", "p"}},
		{{"sh", "-c", "p | q"}, {"sh", "-c", "p | q"}},
		{{"sh", "-c", "p & q"}, {"sh", "-c", "p & q"}},
		{{"sh", "-c", "while true; do p; done"}, {"sh", "-c", "while true; do p; done"}},
		{{"sh", "-c", "p <<E\nq\nE\n"}, {"sh", "-c", "p <<E\nq\nE\n"}},
		{{"sh", "-c", "p 'x"}, {"sh", "-c", "p 'x"}},
		{{"sh", "start.sh", "-c"}, {"sh", "start.sh", "-c"}},
		{{"tini", "--", "sh", "-c", "exec gosu u p"}, {"p"}},
		{{"env"}, {"env"}},
		{{"timeout", "5"}, {"timeout", "5"}},
		{{"gosu"}, {"gosu"}},
	};

	for (const Case &c : cases)
		EXPECT_EQ(Wrapped(c.given).command(), c.found) << testing::PrintToString(c.given);
}

TEST(Wrapper, TakesTheEnvironmentAway)
{
	for (const Words &words : {Words{"env", "-i", "p"}, Words{"env", "-", "p"},
		     Words{"env", "-u", "LD_PRELOAD", "p"}, Words{"env", "-uLD_PRELOAD", "p"},
		     Words{"env", "--ignore-environment", "p"},
		     Words{"env", "--unset=LD_PRELOAD", "p"}, Words{"setpriv", "--reset-env", "p"},
		     Words{"runuser", "-l", "-u", "x", "p"},
		     Words{"sh", "-c", "unset LD_PRELOAD; exec p"}})
		EXPECT_NE(Wrapped(words).found.clears, nullptr) << testing::PrintToString(words);
	for (const Words &words : {Words{"env", "LD_PRELOAD=/x.so", "p"},
		     Words{"sh", "-c", "LD_PRELOAD=/x.so exec p"},
		     Words{"sh", "-c", "export LD_PRELOAD=/x.so; p"}})
		EXPECT_NE(Wrapped(words).found.replaces, nullptr) << testing::PrintToString(words);
	for (const Words &words : {Words{"env", "-u", "HOME", "I=1", "p"}, Words{"nice", "-i", "p"},
		     Words{"p", "env", "-i"},
		     Words{"sh", "-c", "LD_PRELOAD=/x.so:$LD_PRELOAD exec p"}}) {
		EXPECT_EQ(Wrapped(words).found.clears, nullptr) << testing::PrintToString(words);
		EXPECT_EQ(Wrapped(words).found.replaces, nullptr) << testing::PrintToString(words);
	}
	EXPECT_STREQ(Wrapped({"env", "PATH=/a:/b", "p"}).found.path, "/a:/b");
}

TEST(Wrapper, BeginsASessionInThePlaceOfTheFirstProcess)
{
	EXPECT_TRUE(Wrapped({"setsid", "p"}).found.begins_session);
	EXPECT_TRUE(Wrapped({"nice", "setsid", "-w", "p"}).found.begins_session);
	EXPECT_FALSE(Wrapped({"timeout", "5", "setsid", "p"}).found.begins_session);
	EXPECT_FALSE(Wrapped({"sh", "-c", "setsid p; q"}).found.begins_session);
	EXPECT_TRUE(Wrapped({"flock", "-n", "/x", "p"}).found.is_exclusive);
}

TEST(Wrapper, HasAnEndWhateverIsGiven)
{
	Words deep(200, "nice");
	std::string line(5000, 'x');

	EXPECT_EQ(Wrapped(deep).found.depth, 8u);
	EXPECT_EQ(Wrapped({"sh", "-c", line}).command(), (Words{"sh", "-c", line}));
}

TEST(KnownProgram, ByTheLastPartOfItsPath)
{
	EXPECT_STREQ(aet_known_program_find("/usr/sbin/nginx")->stop_signal, "QUIT");
	EXPECT_STREQ(aet_known_program_find("/usr/sbin/php-fpm8.2")->stop_signal, "QUIT");
	EXPECT_TRUE(aet_known_program_find("apache2")->is_exclusive);
	EXPECT_EQ(aet_known_program_find("/opt/nginx/run"), nullptr);
}

static std::string LastWords(std::string text)
{
	const char *found = aet_last_words_find(&text[0]);

	return found ? found : "";
}

TEST(LastWords, AreTheLastErrorOrTheLastLineOfAFew)
{
	EXPECT_EQ(LastWords(""), "");
	EXPECT_EQ(LastWords("a\nb\n\n"), "b");
	EXPECT_EQ(LastWords("FATAL: x\nHINT: y\n"), "FATAL: x");
	EXPECT_EQ(LastWords("E: cannot\naeterna: error: swap undone\n"), "E: cannot");
	EXPECT_EQ(LastWords("aeterna: x\n{\"time\": \"2026\"}\n"), "");
	// Of much text the last line is anybody's.
	EXPECT_EQ(LastWords(std::string(3000, 'x') + "\nGET / 200\n"), "");
	EXPECT_EQ(
		LastWords(std::string(3000, 'x') + "\nNo such file\nGET / 200\n"), "No such file");
}

TEST(LastWords, TellOfLocks)
{
	for (const char *line : {"lock file \"postmaster.pid\" already exists",
		     "httpd (pid 12) already running", "bind: Address already in use"})
		EXPECT_TRUE(aet_last_words_tell_of_lock(line)) << line;
	EXPECT_FALSE(aet_last_words_tell_of_lock("ModuleNotFoundError: No module named 'x'"));
}

TEST(SignalName, IsReadAndWritten)
{
	char name[AET_SIGNAL_NAME];

	EXPECT_EQ(aet_signal_number("TERM"), SIGTERM);
	EXPECT_EQ(aet_signal_number("SIGQUIT"), SIGQUIT);
	EXPECT_EQ(aet_signal_number("winch"), SIGWINCH);
	EXPECT_EQ(aet_signal_number("RTMIN+3"), SIGRTMIN + 3);
	for (const char *bad : {"", "KILL", "STOP", "9", "RTMIN+99", "RTMIN-1", "RTMINX", "SIG"})
		EXPECT_EQ(aet_signal_number(bad), 0) << bad;
	EXPECT_STREQ(aet_signal_name(SIGQUIT, name), "QUIT");
	EXPECT_STREQ(aet_signal_name(SIGRTMIN + 3, name), "RTMIN+3");
}

} // namespace
