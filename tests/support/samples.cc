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

constexpr int kNoConnection = -2; // in the raw file's column of versions

static bool Parse(const std::string &line, Sample *sample, int *version)
{
	char client[16] = "";
	char kind[16] = "";

	if (sscanf(line.c_str(), "%lld,%lld,%15[^,],%15[^,],%d", &sample->scheduled_ns,
		    &sample->latency_us, client, kind, version) != 5)
		return false;
	sample->fresh = std::string(client) == "new";
	sample->kind = kind;
	sample->connected = *version != kNoConnection;
	return true;
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
		int version = -1;

		if (!Parse(line, &sample, &version))
			continue;
		if (version >= 0 && static_cast<size_t>(version) < versions.size() &&
			sample.kind == "ok")
			sample.version = versions[static_cast<size_t>(version)]["version"];
		samples.push_back(sample);
	}
	return samples;
}

// A SYN that the program's own queue dropped before the swap; the kernel sends it again after a
// second, which is the deadline.
static bool DroppedBefore(const Sample &sample, long long start_ns)
{
	return !sample.connected && sample.scheduled_ns < start_ns;
}

static bool IsFailedSince(const Sample &sample, long long start_ns)
{
	return sample.kind != "ok" && !DroppedBefore(sample, start_ns) &&
		sample.scheduled_ns + sample.latency_us * kNsPerUs >= start_ns;
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
		if (IsFailedSince(sample, start_ns))
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

int NewFailedSince(const std::vector<Sample> &samples, long long start_ns)
{
	int failed = 0;

	for (const Sample &sample : samples)
		failed += sample.fresh && IsFailedSince(sample, start_ns);
	return failed;
}

} // namespace aet
