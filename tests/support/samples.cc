#include "samples.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace aet
{

constexpr long long kNsPerUs = 1000;
constexpr int kShown = 20; // lines of a complaint

long long Now()
{
	return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::vector<Sample> Samples(const std::string &raw, const nlohmann::json &report)
{
	const nlohmann::json &versions = report["versions"];
	std::vector<Sample> samples;
	std::ifstream file(raw);
	std::string line;

	std::getline(file, line); // the heading
	while (std::getline(file, line)) {
		Sample sample = {};
		char client[16] = "";
		char kind[16] = "";
		int version = -1;

		if (sscanf(line.c_str(), "%lld,%lld,%15[^,],%15[^,],%d", &sample.scheduled_ns,
			    &sample.latency_us, client, kind, &version) != 5)
			continue;
		sample.fresh = std::string(client) == "new";
		sample.kind = kind;
		if (version >= 0 && static_cast<size_t>(version) < versions.size() &&
			sample.kind == "ok")
			sample.version = versions[static_cast<size_t>(version)]["version"];
		samples.push_back(sample);
	}
	return samples;
}

static void Tell(std::string *text, int *count, const Sample &sample, long long since_ns)
{
	if (++*count <= kShown)
		*text += (sample.fresh ? "new " : "keepalive ") + sample.kind + " " +
			sample.version + " after " + std::to_string(sample.latency_us / 1000) +
			" ms, sent " + std::to_string((sample.scheduled_ns - since_ns) / 1000000) +
			" ms after\n";
	else if (*count == kShown + 1)
		*text += "...\n";
}

std::string FailedSince(const std::vector<Sample> &samples, long long start_ns)
{
	std::string text;
	int count = 0;

	for (const Sample &sample : samples)
		if (sample.kind != "ok" &&
			sample.scheduled_ns + sample.latency_us * kNsPerUs >= start_ns)
			Tell(&text, &count, sample, start_ns);
	return text;
}

std::string AnsweredByOlder(const std::vector<Sample> &samples, const std::vector<Swapped> &swaps)
{
	std::string text;
	int count = 0;

	for (const Sample &sample : samples)
		for (const Swapped &swap : swaps)
			if (sample.kind == "ok" && sample.scheduled_ns > swap.done_ns &&
				atoi(&sample.version[1]) < atoi(&swap.version[1]))
				Tell(&text, &count, sample, swap.done_ns);
	return text;
}

double WorstMs(const std::vector<Sample> &samples, long long from_ns, long long to_ns)
{
	long long worst_us = 0;

	for (const Sample &sample : samples)
		if (sample.scheduled_ns >= from_ns && sample.scheduled_ns < to_ns)
			worst_us = std::max(worst_us, sample.latency_us);
	return static_cast<double>(worst_us) / 1000;
}

int UnderWay(const std::vector<Sample> &samples, long long at_ns)
{
	int count = 0;

	for (const Sample &sample : samples)
		count += sample.scheduled_ns <= at_ns &&
			at_ns < sample.scheduled_ns + sample.latency_us * kNsPerUs;
	return count;
}

int NewFailedSince(long long start, const std::string &raw)
{
	std::ifstream file(raw);
	std::string line;
	int failed = 0;

	std::getline(file, line); // the heading
	while (std::getline(file, line)) {
		long long scheduled = 0;
		long long latency_us = 0;
		char client[16] = "";
		char kind[16] = "";

		int version = 0;

		if (sscanf(line.c_str(), "%lld,%lld,%15[^,],%15[^,],%d", &scheduled, &latency_us,
			    client, kind, &version) != 5)
			continue;
		if (version == -2 && scheduled < start)
			continue;
		if (std::string(client) == "new" && std::string(kind) != "ok" &&
			scheduled + latency_us * 1000 >= start)
			failed++;
	}
	return failed;
}

} // namespace aet
