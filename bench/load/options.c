/*
 * Reads the command line of aeterna-load. A word that is not understood ends the run before it
 * starts: a load with a silently ignored option would measure something else than was asked for.
 */
#include "options.h"
#include "clock.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: aeterna-load --url URL [OPTION...]\n"
	"\n"
	"  --url URL          http://HOST:PORT/PATH, unix:///SOCKET[:/PATH], unix://@ABSTRACT,\n"
	"                     redis://HOST:PORT/COMMAND, memcached://HOST:PORT/COMMAND#STAT,\n"
	"                     udp://HOST:PORT; repeated: in turn\n"
	"  --rate N           new connections a second, one request each (300)\n"
	"  --jitter F         moves each arrival by up to F of the distance between two (0)\n"
	"  --keepalive N      clients, each on a connection of its own (100)\n"
	"  --gap TIME         mean of the random gaps between the requests of one of them (200ms)\n"
	"  --ramp TIME        the time over which they come up (200ms, or 0.5ms for each)\n"
	"  --duration TIME    then the last answers are awaited (until SIGTERM or SIGINT)\n"
	"  --deadline TIME    an answer later than this has failed (1s)\n"
	"  --body PATTERN     prefix:TEXT or exact:TEXT; repeated: one of them has to fit\n"
	"  --raw FILE         every sample as a line: scheduled_ns,latency_us,client,kind,version\n"
	"                     (version: a number, -1 no answer, -2 not even a connection)\n"
	"  --seed N           of the random gaps and the jitter (1)\n"
	"\n"
	"Standard output gets one JSON object at the end; standard error a line 'ready' at the first\n"
	"answer, 'established' when every keep-alive client has had one, and 'version V' at the first\n"
	"answer of each version. Exit code: 0 nothing failed, 1 something did, 64 wrong usage.\n";

enum {
	OPT_URL = 1,
	OPT_RATE,
	OPT_JITTER,
	OPT_KEEPALIVE,
	OPT_GAP,
	OPT_RAMP,
	OPT_DURATION,
	OPT_DEADLINE,
	OPT_BODY,
	OPT_RAW,
	OPT_SEED,
	OPT_HELP
};

static const struct option long_options[] = {
	{"url", required_argument, NULL, OPT_URL},
	{"rate", required_argument, NULL, OPT_RATE},
	{"jitter", required_argument, NULL, OPT_JITTER},
	{"keepalive", required_argument, NULL, OPT_KEEPALIVE},
	{"gap", required_argument, NULL, OPT_GAP},
	{"ramp", required_argument, NULL, OPT_RAMP},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"deadline", required_argument, NULL, OPT_DEADLINE},
	{"body", required_argument, NULL, OPT_BODY},
	{"raw", required_argument, NULL, OPT_RAW},
	{"seed", required_argument, NULL, OPT_SEED},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static int parse_number(double *out, const char *text, double min, double max)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= min && value <= max))
		return -EINVAL;
	*out = value;
	return 0;
}

static int parse_time(uint64_t *out, const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}};
	char *end;
	double value = strtod(text, &end);

	if (end == text || !(value > 0 && value < 1e6))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		*out = (uint64_t)(value * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

static int parse_pattern(struct aet_options *options, const char *text)
{
	struct aet_pattern *pattern = &options->patterns[options->pattern_count];

	if (options->pattern_count == AET_MAX_PATTERNS)
		return -E2BIG;
	if (!strncmp(text, "prefix:", 7))
		*pattern = (struct aet_pattern){text + 7, false};
	else if (!strncmp(text, "exact:", 6))
		*pattern = (struct aet_pattern){text + 6, true};
	else
		return -EINVAL;
	options->pattern_count++;
	return 0;
}

static int add_url(struct aet_options *options, const char *text)
{
	if (options->url_count == AET_MAX_URLS)
		return -E2BIG;
	options->urls[options->url_count++] = text;
	return 0;
}

static int parse_count(unsigned *out, const char *text)
{
	double value;
	int r = parse_number(&value, text, 0, 1e6);

	if (!r)
		*out = (unsigned)value;
	return r;
}

static int take_option(struct aet_options *options, int opt, const char *text)
{
	double seed;
	int r;

	switch (opt) {
	case OPT_URL:
		return add_url(options, text);
	case OPT_RATE:
		return parse_number(&options->rate, text, 0, 1e6);
	case OPT_JITTER:
		return parse_number(&options->jitter, text, 0, 1);
	case OPT_KEEPALIVE:
		return parse_count(&options->keepalive, text);
	case OPT_GAP:
		return parse_time(&options->gap_ns, text);
	case OPT_RAMP:
		return parse_time(&options->ramp_ns, text);
	case OPT_DURATION:
		return parse_time(&options->duration_ns, text);
	case OPT_DEADLINE:
		return parse_time(&options->deadline_ns, text);
	case OPT_BODY:
		return parse_pattern(options, text);
	case OPT_RAW:
		options->raw_path = text;
		return 0;
	default:
		r = parse_number(&seed, text, 1, 9e15);
		options->seed = r ? 1 : (uint64_t)seed;
		return r;
	}
}

int aet_options_parse(struct aet_options *options, int argc, char **argv)
{
	int opt;
	int index = 0;

	*options = (struct aet_options){
		.rate = 300,
		.keepalive = 100,
		.gap_ns = 200 * AET_NS_PER_MS,
		.deadline_ns = AET_NS_PER_S,
		.seed = 1,
	};
	while ((opt = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		if (opt == OPT_HELP) {
			fputs(usage, stdout);
			return -1;
		}
		if (opt == '?')
			return 64;
		if (take_option(options, opt, optarg)) {
			fprintf(stderr, "aeterna-load: bad value '%s' for --%s\n", optarg,
				long_options[index].name);
			return 64;
		}
	}
	if (optind != argc || !options->url_count) {
		fputs(usage, stderr);
		return 64;
	}
	if (!options->ramp_ns)
		options->ramp_ns = 200 * AET_NS_PER_MS;
	if (options->ramp_ns < options->keepalive * 500 * AET_NS_PER_US)
		options->ramp_ns = options->keepalive * 500 * AET_NS_PER_US;
	return 0;
}

bool aet_options_expect(const struct aet_options *options, const char *body, size_t len)
{
	for (size_t i = 0; i < options->pattern_count; i++) {
		const struct aet_pattern *pattern = &options->patterns[i];
		size_t text_len = strlen(pattern->text);

		if (len < text_len || (pattern->exact && len != text_len))
			continue;
		if (!memcmp(body, pattern->text, text_len))
			return true;
	}
	return !options->pattern_count;
}
