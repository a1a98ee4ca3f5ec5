// A program under a launcher: a directory of its own, configuration files rendered for one version
// at a time, a free port, the launcher as a child. The end of the object is the end of all of it.
#ifndef AET_TESTS_SERVICE_H
#define AET_TESTS_SERVICE_H

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "account.h"
#include "load.h"
#include "process.h"
#include "programs.h"

namespace aet
{

// A directory that goes away with the object.
class TemporaryDirectory
{
      public:
	TemporaryDirectory();
	TemporaryDirectory(const TemporaryDirectory &) = delete;
	TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;
	~TemporaryDirectory();

	const std::string &path() const
	{
		return path_;
	}

      private:
	std::string path_;
};

std::string Launcher(); // its absolute path

class Service
{
      public:
	explicit Service(const Program &program, const std::vector<std::string> &settings = {});
	Service(const Service &) = delete;
	Service &operator=(const Service &) = delete;
	~Service();

	// Keys of the configuration besides the command, as "service.start_timeout: 2s".
	void WriteConfiguration(const std::vector<std::string> &settings);
	// The command is run by this one from the next start on, with these settings; {}: by nobody.
	void RunBy(const std::vector<std::string> &words,
		const std::vector<std::string> &settings = {});
	void SetVersion(int number);
	std::string Version() const; // as the load client sees it
	void SetFault(const std::string &mode);
	void SetSteps(const std::string &words); // of tests/programs/steps.c

	// Before Start(): launcher, commands and program run as nobody, without any capability, from
	// copies in the service's directory. That takes root.
	void BecomeOrdinaryUser();
	// Before Start(): the launcher and all it starts find no memfd_create(2).
	void DoWithoutMemfd();
	// Before Start(): a /dev/shm of this size is all they have. That takes root.
	void LimitSharedMemory(const std::string &size);
	// Before Start(): the launcher alone is executed by this command.
	void ActivateBy(const std::vector<std::string> &words);
	void Start();
	void Launch(); // and does not wait until it runs
	bool WaitForState(const std::string &state, Milliseconds deadline = kLong) const;
	Output Command(const std::string &verb, bool json = false) const;
	Output Reload() const
	{
		return Command("reload");
	}
	Process ReloadMeanwhile() const;
	nlohmann::json Status() const; // null: no launcher answers
	std::string StatusText(const std::string &key) const; // of last_swap
	pid_t ProgramPid() const;
	// Ends launcher and program by SIGTERM: the launcher's exit code. Before and after, what it
	// holds is counted, and what should not be there is a failure of the test.
	int Stop();

	std::string Get(const std::string &path = "/") const
	{
		return aet::Get(urls()[0], path);
	}
	const std::vector<std::string> &urls() const
	{
		return program_.urls;
	}
	const std::string &directory() const
	{
		return directory_.path();
	}
	std::string configuration() const
	{
		return directory() + "/aeterna.yaml";
	}
	Process &launcher()
	{
		return launcher_;
	}
	int port() const
	{
		return port_;
	}
	std::string log() const
	{
		return ReadFile(directory() + "/log");
	}

	std::string Fill(std::string text) const; // as in programs.h

      private:
	bool IsRead(const std::string &name) const;
	void ExpectNothingToSpare() const;
	std::vector<std::string> Words(const std::vector<std::string> &arguments) const;

	TemporaryDirectory directory_;
	int port_;
	int version_ = 1;
	std::vector<std::string> runner_;
	Program program_;
	std::vector<std::string> env_;
	std::vector<std::string> launcher_words_;
	std::vector<std::string> activator_;
	Account account_;
	Process launcher_;
};

// What failed in a report, to be printed where a test complains.
std::string Failures(const nlohmann::json &report);

} // namespace aet

#endif
