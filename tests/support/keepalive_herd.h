// A herd of keep-alive clients beside new connections while a service is swapped, and what became
// of every single request of it.
#ifndef AET_TESTS_KEEPALIVE_HERD_H
#define AET_TESTS_KEEPALIVE_HERD_H

#include "samples.h"
#include "service.h"

namespace aet
{

struct HerdSize {
	int clients;
	const char *gap; // mean, between two requests of one of them
	const char *ramp; // the time over which they come up
	int rate; // new connections a second
	int swaps;
	Milliseconds between; // swaps
};

struct HerdReport {
	nlohmann::json clients; // of the load client
	nlohmann::json fresh;
	std::vector<Swapped> swaps;
	std::vector<nlohmann::json> statuses; // one after each swap, when things have calmed down
	std::vector<int> under_way; // requests at each gate
	std::vector<double> worst_ms; // from each swap to the next
	std::string failed; // what has to be empty: requests that failed,
	std::string older; // that were answered by an older generation after `reload`
	std::string complaint; // and everything else that should not be
};

// The service is running. Clients come up before new connections do, and swaps begin after both.
HerdReport SwapUnder(Service *service, const HerdSize &size);

} // namespace aet

#endif
