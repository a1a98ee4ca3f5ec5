// Swaps that stand still: tests/programs/held.c under a launcher, held in any state of
// launcher/swap/table.def, while a test sends what may come there. The launcher's log says which row
// it took; whoever waits is a command whose one answer is looked at.
#ifndef AET_TESTS_HOLD_H
#define AET_TESTS_HOLD_H

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "phase_word.h"
#include "service.h"

namespace aet
{

// A command that waits for its answer.
class Waiting
{
      public:
	Waiting(const Service &service, const std::vector<std::string> &words);

	// It was told this, and nothing else.
	void Expect(int code, const std::string &sentence);
	bool Ended()
	{
		return process_.Ended();
	}

      private:
	std::string path_; // of what it says
	Process process_;
};

using Asked = std::unique_ptr<Waiting>;

class HoldTest : public testing::Test
{
      protected:
	// Long timeouts for all that is not about them: a busy machine is slow.
	void Begin(const std::vector<std::string> &settings = {},
		const std::string &program = "{B}/held", const std::vector<std::string> &env = {});
	void Prepare(const std::vector<std::string> &settings, // it is not started yet
		const std::string &program, const std::vector<std::string> &env);
	// The configuration from the next request on.
	void Configure(const std::vector<std::string> &settings);
	Asked Ask(const std::string &verb) const; // "dry" is check --dry-run
	void NextVersion()
	{
		service_->SetVersion(++version_);
	}

	// The next process that comes to the step stands there.
	void Hold(const std::string &step);
	void AwaitAt(const std::string &step);
	void Release(const std::string &step);
	void Say(const std::string &step, const std::string &word);
	void HoldRequest(); // one is in flight until Release("request")
	void Stop(pid_t pid); // by SIGSTOP

	// The launcher takes the row, or has, since the last Forget().
	void ExpectRow(const std::string &row);
	bool Took(const std::string &row) const;
	void Forget();

	// A swap is held in that state by "reload", "dry" or "snapshot"; it begins a new version.
	Asked EnterState(const std::string &state, const std::string &verb = "reload");
	// Whatever holds lets go.
	void LetGo();
	// TRY is refused, REQUEST and SNAPSHOT are remembered there: the two that wait.
	void AskMeanwhile(const std::string &state, Asked *ret_reload, Asked *ret_snapshot);
	pid_t ServingWorker() const; // the latest one, or the program
	pid_t Candidate() const;
	void KillServing();

	// The version answers, status says running, and a reload works.
	void ExpectServes(int version);
	void ExpectGood();
	// The program's exit code is the launcher's, and nobody is left.
	void ExpectStopped(int code);

	std::unique_ptr<Service> service_;
	std::unique_ptr<Connection> slow_;
	pid_t serving_ = -1; // by the last look
	pid_t stopped_ = -1;
	size_t forgotten_ = 0; // of the log
	int version_ = 1;
};

// overlap: false, of a program whose state is dumped while a request is in flight, which it answers.
inline const std::vector<std::string> kStopFirstBusy = {"handoff.overlap: false",
	"handoff.settle_timeout: 10ms", "handoff.timeout: 500ms", "handoff.on_busy: drain"};

constexpr int kOwnCode = 3; // of held.c, when it is told to end

// What a command is told, from its beginning on.
constexpr char kBusy[] = "busy: the launcher is starting or swapping";
constexpr char kStopping[] = "stopped: the launcher is ending";
constexpr char kUndone[] = "gate_failed: a process undid the swap";
constexpr char kKilled[] = "killed: generation ";

} // namespace aet

#endif
