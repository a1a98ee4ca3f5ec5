/*
 * One binary, every verb: parses the command line and hands on.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "log.h"
#include "options.h"
#include "supervisor.h"

#define EXIT_USAGE  64
#define EXIT_CONFIG 78

static int run(const struct aet_options *options)
{
	struct aet_config *config = NULL;
	struct aet_error error = {0};

	if (aet_config_load(options->config_path, options->command, false, &config, &error) < 0) {
		char *path = aet_config_path(options->config_path);

		if (error.line > 0)
			aet_log_error("%s:%d:%d: %s", path ? path : "", error.line, error.column,
				error.text);
		else
			aet_log_error("%s", error.text);
		return EXIT_CONFIG;
	}
	return aet_supervisor_run(config, options);
}

int main(int argc, char **argv)
{
	struct aet_options options;
	struct aet_error error = {0};

	if (aet_options_parse(argc, argv, &options, &error) < 0) {
		(void)fprintf(stderr, "aeterna-launch: %s\n", error.text);
		return EXIT_USAGE;
	}
	aet_log_setup(options.verbose, options.log_format);
	switch (options.verb) {
	case AET_VERB_RELOAD:
	case AET_VERB_STATUS:
	case AET_VERB_SNAPSHOT:
	case AET_VERB_STOP:
		return aet_command_run(&options);
	case AET_VERB_RUN:
	default:
		return run(&options);
	}
}
