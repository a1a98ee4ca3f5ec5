// A new version that is killed at one step of a swap after the other, under load, and what that may
// cost: nobody's connection, until it has accepted it.
#ifndef AET_TESTS_ROLLBACK_KILLED_H
#define AET_TESTS_ROLLBACK_KILLED_H

#include <gtest/gtest.h>
#include <memory>

#include "service.h"

namespace aet
{

struct Undone {
	const char *program;
	int times; // that the new version is killed at each step
	int clients; // keep-alive
	const char *gap; // mean, between two requests of one of them
	const char *ramp; // the time over which they come up
	int rate; // new connections a second
	Milliseconds rest; // after each time: the test's own stops must not add up to an overload
};

class RollbackKilledTest : public testing::TestWithParam<Undone>
{
      protected:
	void SetUp() override;
	void KillWhileItBoots();
	void KillWhenItHasAdopted();
	void KillAtTheGate();
	void KillBeforeItAccepts();
	void KillAfterItAccepted(int times);

	void ExpectNothingLost();
	// The last version is a good one, and it is taken.
	void ExpectLastGood();

	std::unique_ptr<Service> service_;
	std::unique_ptr<Load> load_;

      private:
	// The process of the new generation, once it is there.
	pid_t Candidate(pid_t old) const;
	// The swap has come to its gate and stays there: the old generation does not answer.
	Process ReloadToTheGate(pid_t old) const;
	void ExpectUndone(const std::string &reason, int times);
};

inline std::string UndoneName(const testing::TestParamInfo<Undone> &info)
{
	return info.param.program;
}

} // namespace aet

#endif
