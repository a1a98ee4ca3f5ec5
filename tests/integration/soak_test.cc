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
	size_t processes;
};

static Measure MeasureOf(Service *service)
{
	pid_t launcher = service->launcher().pid();

	EXPECT_TRUE(Eventually([&] { return service->Status()["draining"].empty(); }));
	return {DescriptorsOf(launcher), ResidentKiBOf(launcher), DescendantsOf(launcher).size()};
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
			warm = MeasureOf(&service);
	}
	Measure end = MeasureOf(&service);
	nlohmann::json report = load.Finish();

	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
	EXPECT_EQ(end.descriptors, warm.descriptors);
	EXPECT_EQ(end.processes, warm.processes);
	EXPECT_LE(end.resident_kib, warm.resident_kib);
	EXPECT_EQ(service.Status()["swaps"]["committed"], kSwaps);
	std::cout << "descriptors " << end.descriptors << ", resident " << end.resident_kib
		  << " KiB, after the third swap " << warm.resident_kib << " KiB\n";
}

} // namespace aet
