#include "keepalive_herd.h"

#include <climits>
#include <thread>

namespace aet
{

static Swapped SwapOnce(Service *service, int number, Milliseconds at_least, HerdReport *report)
{
	auto end = std::chrono::steady_clock::now() + at_least;
	Swapped swap = {};

	service->SetVersion(number);
	swap.version = service->Version();
	swap.asked_ns = Now();
	Output reload = service->Reload();
	swap.done_ns = Now();
	if (reload.code)
		report->complaint += swap.version + ": " + reload.err;
	std::this_thread::sleep_until(end); // the load that was promised
	nlohmann::json status = service->Status();
	if (status.is_object() && status["last_swap"].is_object()) {
		const nlohmann::json &last = status["last_swap"];
		double to_gate = last["total_ms"].get<double>() - last["pause_ms"].get<double>();

		swap.gated_ns = swap.asked_ns + static_cast<long long>(to_gate * 1e6);
	}
	report->statuses.push_back(status);
	return swap;
}

static std::vector<std::string> OptionsOf(const HerdSize &size, const std::string &raw, bool fresh)
{
	std::vector<std::string> options = {"--raw", raw};

	if (fresh)
		options.insert(
			options.end(), {"--keepalive", "1", "--rate", std::to_string(size.rate)});
	else
		options.insert(options.end(),
			{"--keepalive", std::to_string(size.clients), "--gap", size.gap, "--ramp",
				size.ramp, "--rate", "0"});
	return options;
}

HerdReport SwapUnder(Service *service, const HerdSize &size)
{
	std::string raw = service->directory() + "/clients";
	std::string fresh_raw = service->directory() + "/fresh";
	HerdReport report;
	Load clients(service->urls(), OptionsOf(size, raw, false));
	Load fresh(service->urls(), OptionsOf(size, fresh_raw, true));

	if (!clients.established() || !fresh.established()) {
		report.complaint = "the load does not come up: " + clients.log() + service->log();
		return report;
	}
	std::this_thread::sleep_for(size.between);
	for (int i = 0; i < size.swaps; i++)
		report.swaps.push_back(SwapOnce(service, i + 2, size.between, &report));
	/* Thousands of connections that end at once are the load of that moment, not of a swap. */
	report.fresh = fresh.Finish();
	report.clients = clients.Finish();
	std::vector<Sample> samples = Samples(raw, report.clients);
	std::vector<Sample> more = Samples(fresh_raw, report.fresh);
	samples.insert(samples.end(), more.begin(), more.end());
	report.failed = FailedSince(samples, report.swaps[0].asked_ns);
	report.older = AnsweredByOlder(samples, report.swaps);
	for (size_t i = 0; i < report.swaps.size(); i++) {
		const Swapped &swap = report.swaps[i];

		report.under_way.push_back(UnderWay(samples, swap.gated_ns));
		report.worst_ms.push_back(WorstMs(samples, swap.asked_ns,
			i + 1 < report.swaps.size() ? report.swaps[i + 1].asked_ns : LLONG_MAX));
	}
	return report;
}

} // namespace aet
