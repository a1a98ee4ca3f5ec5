// tests/programs/counter.c under a launcher: a service whose state is a number everybody counts up.
#ifndef AET_TESTS_COUNTER_SERVICE_H
#define AET_TESTS_COUNTER_SERVICE_H

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "counting_clients.h"
#include "service.h"

namespace aet
{

inline Program CounterProgram(
	const std::vector<std::string> &command, const std::vector<std::string> &env)
{
	return {"counter", command, {"http://127.0.0.1:{P}/"}, env, false};
}

class CounterTest : public testing::Test
{
      protected:
	void Begin(const std::vector<std::string> &env,
		const std::vector<std::string> &settings = {},
		const std::vector<std::string> &command = {"{B}/counter"})
	{
		settings_ = settings;
		service_ = std::make_unique<Service>(CounterProgram(command, env), settings);
		service_->Start();
	}
	void Count(const CountingShape &shape = {})
	{
		counting_ = std::make_unique<Counting>(service_->port(), shape);
		ASSERT_TRUE(counting_->More(20)) << service_->log();
	}
	void SetDumpFault(const std::string &fault)
	{
		WriteFile(service_->directory() + "/dump_fault", fault + "\n");
	}
	std::string Reason()
	{
		return service_->StatusText("reason");
	}
	// A swap that goes through, and is seen by clients.
	void Swap()
	{
		service_->SetVersion(++version_);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		if (counting_) {
			ASSERT_TRUE(counting_->SawVersion(service_->Version())) << service_->log();
		}
	}
	// A swap that does not, with this reason; the old one answers on, and no state was taken.
	void ExpectUndone(const std::string &reason, const std::string &words = "")
	{
		SCOPED_TRACE(reason);
		service_->SetVersion(99);
		Output reload = service_->Reload();
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(Reason(), reason) << reload.err;
		EXPECT_NE(reload.err.find(reason), std::string::npos) << reload.err;
		EXPECT_NE(reload.err.find(words), std::string::npos) << reload.err;
		service_->SetVersion(version_);
		if (counting_) {
			EXPECT_TRUE(counting_->More(50)) << service_->log();
		}
	}
	// Every question had one answer, in time, and no number was forgotten or given twice. Where the
	// program computes all the time on every processor, how late is the machine's affair.
	Tally ExpectExact(bool in_time = true)
	{
		Tally tally = counting_->Finish();

		EXPECT_EQ(tally.failures.size(), 0u) << tally.Text() << service_->log();
		if (in_time) {
			EXPECT_EQ(tally.late, 0u) << tally.Text() << service_->log();
		}
		EXPECT_EQ(tally.repeated, 0u) << tally.Text() << service_->log();
		EXPECT_EQ(tally.missing, 0u) << tally.Text() << service_->log();
		EXPECT_EQ(tally.back, 0u) << tally.Text();
		EXPECT_EQ(tally.reopened, 0u) << tally.Text();
		EXPECT_EQ(tally.first, 1u) << tally.Text();
		EXPECT_EQ(tally.versions.count("v99"), 0u) << tally.Text();
		counting_.reset();
		return tally;
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Counting> counting_;
	std::vector<std::string> settings_;
	int version_ = 1;
};

} // namespace aet

#endif
