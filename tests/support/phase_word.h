// What a process of the program may do to the launcher: it has the page with the phase word, and a
// lifeline.
#ifndef AET_TESTS_PHASE_WORD_H
#define AET_TESTS_PHASE_WORD_H

#include <cstdint>
#include <sys/types.h>

namespace aet
{

// The phase word in the launcher's page (common/phase.h), as any process of the program has it. That
// takes root.
class PhaseWord
{
      public:
	explicit PhaseWord(pid_t launcher);
	PhaseWord(const PhaseWord &) = delete;
	PhaseWord &operator=(const PhaseWord &) = delete;
	~PhaseWord();

	void Set(int phase, unsigned serving, unsigned candidate);
	// What a process does that lost the launcher.
	void Abort();

      private:
	uint64_t *word_;
};

// Ends the connection that the process keeps to its launcher, and leaves it alive.
void CutLifeline(pid_t pid);

} // namespace aet

#endif
