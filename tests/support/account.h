// What a launcher and its service hold, to the last descriptor and process: counted before a test
// lets go of it and after, so that every test notices what a swap, a rollback or a stop leaves.
#ifndef AET_TESTS_ACCOUNT_H
#define AET_TESTS_ACCOUNT_H

#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

namespace aet
{

class Account
{
      public:
	Account(); // before the launcher starts: what it will inherit from this process

	// The launcher has the descriptors and threads that `status` explains, and no process of a
	// generation that is neither serving nor draining is left. `log` is the launcher's own,
	// with -v; `notified`: service.ready is notify. Empty: in order; else what is not.
	std::string Complaint(pid_t launcher, const nlohmann::json &status, const std::string &log,
		bool notified) const;

      private:
	int inherited_;
};

// The serving generation is gated at this moment, as the launcher's phase page says.
bool GateIsShut(pid_t launcher);

// Those of `processes` that still run, and every process below this one whose environment names
// `directory`; empty when there is none.
std::string LeftBehind(const std::vector<pid_t> &processes, const std::string &directory);

} // namespace aet

#endif
