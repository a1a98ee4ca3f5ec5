// The size the project promises: 9,500 WebSocket clients stay connected through five swaps.
// `make test-websocket`; too long for `make test`.
#include "websocket_crowd.h"

#include <iostream>

namespace aet
{

constexpr int kClients = 9500;
constexpr double kGapS = 8; // mean, between two messages of a client

TEST(WebSocketHerd, NineAndAHalfThousandStayOverFiveSwaps)
{
	Service service(WebSocketProgram());

	service.Start();
	Crowd crowd(service, kClients, kGapS);
	ASSERT_TRUE(crowd.IsUp(Milliseconds(180000))) << service.log() << crowd.Text();
	for (int i = 0; i < 5; i++) {
		Output reload = service.Reload();

		ASSERT_EQ(reload.code, 0) << reload.err << service.log();
		ASSERT_TRUE(crowd.Hears(service.ProgramPid(), kClients, Milliseconds(120000)))
			<< service.log() << crowd.Text();
		nlohmann::json last = service.Status()["last_swap"];
		std::cout << "swap " << i + 1 << ": pause " << last["pause_ms"] << " ms, total "
			  << last["total_ms"] << " ms, state " << last["state_bytes"]
			  << " bytes; slowest answer so far " << crowd.Report()["worst_ms"]
			  << " ms\n";
	}
	nlohmann::json report = crowd.ExpectExact();
	EXPECT_EQ(report["pids"].size(), 6u) << report;
	std::cout << kClients << " clients: " << report["answered"] << " answers, "
		  << report["closed"] << " disconnected, " << report["late"] << " late\n";
	EXPECT_GE(service.Stop(), 0);
}

} // namespace aet
