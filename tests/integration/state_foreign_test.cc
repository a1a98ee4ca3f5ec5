// The next version is written in another language: a whole state that is not its own is refused by a
// word and a sentence of its own, the old version goes on, and so does the next one of its language.

#include "state_faults.h"

namespace aet
{

class ForeignTest : public FaultTest
{
      protected:
	void SetLanguage(const std::string &language)
	{
		std::string line = "exec";

		for (const std::string &word : CommandIn(language))
			line += " " + word;
		WriteFile(service_->directory() + "/program", service_->Fill(line) + "\n");
	}
};

TEST_P(ForeignTest, IsRefusedAndNamed)
{
	std::vector<std::string> settings = Settings();

	settings.emplace_back("handoff.state: [\"counter_asyncio:STATE\"]");
	if (GetParam().IsPython())
		settings.pop_back(); // it is there already
	service_ =
		std::make_unique<Service>(CounterProgram({"/bin/sh", "{D}/program"}, {}), settings);
	SetLanguage(GetParam().language);
	service_->Start();
	Count();
	if (GetParam().IsPython()) {
		SetLanguage("c");
		ExpectUndone("wrong_schema", "it is not the state of hooks in C");
	} else {
		SetLanguage("python");
		ExpectUndone("wrong_schema",
			GetParam().IsPipe() ? "hooks in C wrote it, and a program in Python does "
					      "not take BUFFER 'hook'"
					    : "hooks in C wrote it, and a program in Python does "
					      "not take FILE 'hook'");
	}
	SetLanguage(GetParam().language);
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(Writers, ForeignTest, testing::ValuesIn(Writers()), WriterName);

} // namespace aet
