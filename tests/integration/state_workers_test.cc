// Several processes with state: the n-th of the old version hands its own to the n-th of the new one.
// Another number of them is a rollback, whenever the one that is too many comes before the commit; who
// comes later is named in the log.

#include "counter_service.h"

#include <csignal>

namespace aet
{

static size_t Times(const std::string &text, const std::string &what)
{
	size_t count = 0;

	for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at++)
		count++;
	return count;
}

class WorkersTest : public CounterTest
{
      protected:
	void SetWorkers(const std::string &version, int workers)
	{
		WriteFile(service_->directory() + "/workers" + version,
			std::to_string(workers) + "\n");
	}
	void BeginWith(int workers, const std::vector<std::string> &settings = {})
	{
		settings_ = {"service.ready_after: 100ms"};
		settings_.insert(settings_.end(), settings.begin(), settings.end());
		service_ = std::make_unique<Service>(
			CounterProgram({"{B}/counter"}, {"SHAPE=workers"}), settings_);
		SetWorkers("", workers);
		service_->Start();
		// The first process, too, which listens.
		EXPECT_TRUE(Eventually([&] {
			return Joined(1) == static_cast<size_t>(workers) + 1;
		})) << service_->log();
	}
	size_t Joined(int generation) const
	{
		return Times(service_->log(),
			"of generation " + std::to_string(generation) + " takes part");
	}
	Process ReloadUntilTheLoad(const std::string &fault)
	{
		service_->SetFault(fault);
		service_->SetVersion(99);
		Process reload = service_->ReloadMeanwhile();
		EXPECT_TRUE(Eventually([&] {
			return !ReadFile(service_->directory() + "/loading").empty();
		})) << service_->log();
		return reload;
	}
	bool Logged(const std::string &what) const
	{
		return Eventually([&] { return service_->log().find(what) != std::string::npos; });
	}
};

TEST_F(WorkersTest, AllOfTheNewVersionAreWaitedFor)
{
	BeginWith(3);
	Swap();
	EXPECT_GE(service_->Status()["last_swap"]["state_bytes"], 3 * 4096);
	EXPECT_EQ(Joined(2), 4u);
	EXPECT_EQ(service_->log().find("begins without any"), std::string::npos) << service_->log();
}

TEST_F(WorkersTest, FewerThanBeforeIsUndone)
{
	BeginWith(3);
	SetWorkers("-v99", 2);
	ExpectUndone("workers_changed", "3 processes have state, and the new version has 2");
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
	Swap();
}

// The third one comes 200 ms after the second, with which there are as many as before: nobody waits for
// it, and the old version serves again when it comes.
TEST_F(WorkersTest, MoreThanBeforeIsUndone)
{
	BeginWith(2);
	service_->WriteConfiguration({"service.ready_after: 5s"});
	SetWorkers("-v99", 3);
	service_->SetVersion(99);
	(void)service_->Reload();
	EXPECT_TRUE(Eventually([&] { return service_->Get().compare(0, 3, "v1 ") == 0; }))
		<< service_->log();
	EXPECT_EQ(Reason(), "workers_changed") << service_->log();
	EXPECT_TRUE(Logged("2 processes have state, and the new version has 3")) << service_->log();
}

TEST_F(WorkersTest, OneThatComesWhileTheOthersLoadUndoesIt)
{
	BeginWith(1, {"handoff.timeout: 30s"});
	Process reload = ReloadUntilTheLoad("load_hang");
	SetWorkers("-v99", 2);
	EXPECT_EQ(reload.Wait(), 1) << service_->log();
	EXPECT_EQ(Reason(), "workers_changed") << service_->log();
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
}

// What it had loaded went with it: whoever takes its place would begin without any.
TEST_F(WorkersTest, OneThatEndsAfterItsLoadUndoesIt)
{
	BeginWith(2, {"handoff.timeout: 30s"});
	Process reload = ReloadUntilTheLoad("load_hang_others");
	kill(std::stoi(ReadFile(service_->directory() + "/loaded")), SIGKILL);
	EXPECT_EQ(reload.Wait(), 1) << service_->log();
	EXPECT_EQ(Reason(), "load_failed") << service_->log();
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
}

TEST_F(WorkersTest, OneThatComesAfterTheCommitIsNamed)
{
	BeginWith(1);
	Swap();
	EXPECT_EQ(service_->log().find("begins without any"), std::string::npos) << service_->log();
	SetWorkers("-v2", 2);
	EXPECT_TRUE(Logged("of generation 2 came after the state was handed over: it begins "
			   "without any"))
		<< service_->log();
}

// Undone before anything is gated, at the end of settle_timeout, too.
TEST_F(WorkersTest, AShortSettleTimeoutDoesNotLetAnotherNumberThrough)
{
	BeginWith(2, {"handoff.settle_timeout: 1ms"});
	SetWorkers("-v99", 1);
	ExpectUndone("workers_changed", "2 processes have state, and the new version has 1");
	EXPECT_EQ(service_->Status()["last_swap"]["pause_ms"], nullptr);
}

// It is for requests: a worker that still starts is waited for longer.
TEST_F(WorkersTest, AShortSettleTimeoutWaitsForOneThatComesLate)
{
	BeginWith(2, {"handoff.settle_timeout: 1ms"});
	SetWorkers("-v2", 1);
	service_->SetVersion(++version_);
	Process reload = service_->ReloadMeanwhile();
	EXPECT_TRUE(Eventually([&] { return Joined(2) == 2; })) << service_->log();
	SetWorkers("-v2", 2);
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_EQ(Joined(2), 3u);
	EXPECT_EQ(service_->log().find("begins without any"), std::string::npos) << service_->log();
}

// --- gunicorn, whose workers each import the application ---

class GunicornTest : public CounterTest
{
      protected:
	void SetWorkers(int workers)
	{
		WriteFile(service_->configuration(),
			"service:\n  name: test\n  ready_after: 2s\n  command: " +
				Command(workers) + "\n");
	}
	std::string Command(int workers) const
	{
		return service_->Fill("[\"{V}/gunicorn\", \"--chdir\", \"{T}\", \"-w\", \"" +
			std::to_string(workers) +
			"\", \"-b\", \"127.0.0.1:{P}\", \"counter_wsgi:app\"]");
	}
	void BeginWith(int workers)
	{
		service_ = std::make_unique<Service>(CounterProgram({"{V}/gunicorn"}, {}));
		SetWorkers(workers);
		service_->Start();
		EXPECT_TRUE(Eventually([&] {
			return Times(service_->log(), "of generation 1 takes part") ==
				static_cast<size_t>(workers) + 1;
		})) << service_->log();
	}
};

TEST_F(GunicornTest, FewerThanBeforeIsUndone)
{
	BeginWith(3);
	SetWorkers(2);
	ExpectUndone("workers_changed", "3 processes have state, and the new version has 2");
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
}

// A crew of one says nothing about the time between two.
TEST_F(GunicornTest, ASecondOneIsUndone)
{
	BeginWith(1);
	SetWorkers(2);
	ExpectUndone("workers_changed", "1 process has state, and the new version has 2");
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
}

TEST_F(GunicornTest, MoreThanBeforeIsUndone)
{
	BeginWith(2);
	SetWorkers(3);
	ExpectUndone("workers_changed", "2 processes have state, and the new version has 3");
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
}

} // namespace aet
