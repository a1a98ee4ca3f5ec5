// 300 swaps in a row leave the launcher as it was after the third. Run by `make test-soak`.

#include <gtest/gtest.h>

#include "service.h"

namespace aet
{

constexpr int kSwaps = 300;
constexpr int kWarm = 3;

struct Measure {
	int descriptors;
	long resident_kib;
	long own_kib;
	size_t processes;
};

static Measure MeasureOf(Service *service)
{
	pid_t launcher = service->launcher().pid();

	EXPECT_TRUE(Eventually([&] { return service->Status()["draining"].empty(); }));
	return {DescriptorsOf(launcher), ResidentKiBOf(launcher, "VmRSS"),
		ResidentKiBOf(launcher, "RssAnon"), DescendantsOf(launcher).size()};
}

static Measure Print(int swaps, const Measure &measure)
{
	std::cout << "after " << swaps << " swaps: " << measure.descriptors << " descriptors, "
		  << measure.resident_kib << " KiB resident, " << measure.own_kib
		  << " KiB of them its own, " << measure.processes << " processes\n";
	return measure;
}

TEST(SoakTest, ThreeHundredSwaps)
{
	Service service(ProgramNamed("epoll"), {"handoff.drain_timeout: 1s"});
	Measure warm = {};

	service.Start();
	Load load(service.urls());
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= kSwaps + 1; number++) {
		service.SetVersion(number);
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << "swap " << number - 1 << ": " << reload.err;
		ASSERT_TRUE(load.SawVersion(service.Version())) << service.Version();
		if (number == kWarm + 1)
			warm = Print(number - 1, MeasureOf(&service));
		else if ((number - 1) % 100 == 0 && number <= kSwaps)
			Print(number - 1, MeasureOf(&service));
	}
	Measure end = Print(kSwaps, MeasureOf(&service));
	nlohmann::json report = load.Finish();

	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
	EXPECT_EQ(end.descriptors, warm.descriptors);
	EXPECT_EQ(end.processes, warm.processes);
	EXPECT_LE(end.own_kib, warm.own_kib);
	EXPECT_LT(end.resident_kib, 500);
	EXPECT_EQ(service.Status()["swaps"]["committed"], kSwaps);
}

} // namespace aet
