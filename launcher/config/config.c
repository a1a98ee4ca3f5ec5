#include "config/config.h"

#include <stdlib.h>

#include "base/string_list.h"

void aet_config_free(struct aet_config *config)
{
	if (!config)
		return;

	free(config->path);
	free(config->name);
	free(config->directory);
	free(config->snapshot_file);
	aet_strings_free(config->command);
	aet_strings_free(config->env);
	aet_strings_free(config->listen);
	aet_strings_free(config->private_sockets);
	aet_strings_free(config->public_sockets);
	aet_strings_free(config->state);
	aet_strings_free(config->exclude);
	free(config);
}
