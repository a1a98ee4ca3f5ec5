// What a state is written in and how it travels: faults are the same for each pair of them. The
// program in C has one section; the one in Python one of every kind. tests/programs/preload/tamper.c
// stands by in both, to damage what was written.
#ifndef AET_TESTS_STATE_FAULTS_H
#define AET_TESTS_STATE_FAULTS_H

#include <cstdlib>

#include "counter_service.h"

namespace aet
{

struct Writer {
	const char *language;
	const char *mechanism;

	bool IsPython() const
	{
		return std::string(language) == "python";
	}
	bool IsPipe() const
	{
		return std::string(mechanism) == "pipe";
	}
};

inline std::string WriterName(const testing::TestParamInfo<Writer> &info)
{
	return std::string(info.param.language) + "_" + info.param.mechanism;
}

// Those in this language, or all; Python by a stream with AET_EVERY_WRITER alone: make test is for
// somebody who waits.
inline std::vector<Writer> Writers(const std::string &language = "")
{
	static const Writer all[] = {
		{"c", "shm"}, {"c", "pipe"}, {"python", "shm"}, {"python", "pipe"}};
	std::vector<Writer> writers;

	for (const Writer &writer : all) {
		if (writer.IsPython() && writer.IsPipe() && !getenv("AET_EVERY_WRITER"))
			continue;
		if (language.empty() || writer.language == language)
			writers.push_back(writer);
	}
	return writers;
}

inline std::vector<std::string> CommandIn(const std::string &language)
{
	if (language == "python")
		return {"/usr/bin/python3", "{T}/counter_sections.py"};
	return {"{B}/counter"};
}

class FaultTest : public CounterTest, public testing::WithParamInterface<Writer>
{
      protected:
	std::vector<std::string> Settings(const std::string &timeout = "5s") const
	{
		std::vector<std::string> settings = {
			std::string("handoff.mechanism: ") + GetParam().mechanism,
			"handoff.timeout: " + timeout, "service.ready_after: 100ms",
			"service.env: [\"LD_PRELOAD={B}/tamper.so\"]"};

		if (GetParam().IsPython())
			settings.emplace_back("handoff.state: [\"counter_asyncio:STATE\"]");
		return settings;
	}
	void BeginCounting(
		const std::vector<std::string> &env = {}, const std::string &timeout = "5s")
	{
		Begin(env, Settings(timeout), CommandIn(GetParam().language));
		Count();
	}
	// What happens to the next dumps, by tamper.c; "": nothing.
	void Tamper(const std::string &words)
	{
		WriteFile(service_->directory() + "/tamper", words + "\n");
	}
	// The state is where it was, and goes on from there.
	void ExpectGoodSwapAndExact()
	{
		std::string before = service_->Version();

		Swap();
		EXPECT_EQ(service_->Status()["last_swap"]["result"], "committed");
		EXPECT_TRUE(counting_->More(50));
		Tally tally = ExpectExact();
		EXPECT_EQ(tally.versions.size(), 2u) << tally.Text();
	}
};

} // namespace aet

#endif
