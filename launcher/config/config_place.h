/*
 * Where in the configuration file an entry of handoff.state stands, for a warning that comes long
 * after the file was read.
 */
#ifndef AET_CONFIG_PLACE_H
#define AET_CONFIG_PLACE_H

#include <stddef.h>

struct aet_config;

/* "file:line:column" of the entry, or the file alone if it is not found. Returns buf. */
const char *aet_config_place(
	const struct aet_config *config, const char *entry, char *buf, size_t size);

#endif
