/*
 * aeterna.yaml as anybody may write it: read as a file, so that size, encoding and every key are in.
 * What is accepted has to be complete, what is refused has to say why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config_file.h"
#include "config/config_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_complete(const struct aet_config *config)
{
	if (!config->name || !config->command || !config->command[0] || !config->env ||
		!config->listen || !config->path)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aet_config *config = NULL;
	struct aet_error err = {0};
	char path[64];
	char line[512];
	int fd = memfd_create("aeterna.yaml", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (aet_config_load(path, NULL, false, &config, &err) == 0) {
		check_complete(config);
		aet_config_free(config);
	} else if (config || strlen(err.text) == 0) {
		abort();
	} else {
		(void)aet_config_error_format(path, &err, line, sizeof(line));
	}
	(void)close(fd);
	return 0;
}
