/*
 * The keys whose value is a list of texts.
 */
#ifndef AET_CONFIG_LIST_H
#define AET_CONFIG_LIST_H

#include "config/config_value.h"

#define AET_CONFIG_MAX_LISTEN     64
#define AET_CONFIG_MAX_NAMES      256
#define AET_CONFIG_MAX_STATE_NAME 1024 /* bytes of one, with its NUL */

/* Each checks the node, frees the old list in *field and stores the new one; or -errno. */
int aet_list_set_argv(const struct aet_value *value, char ***field);
int aet_list_set_env(const struct aet_value *value, char ***field);
int aet_list_set_listen(const struct aet_value *value, char ***field);
int aet_list_set_patterns(const struct aet_value *value, char ***field);
int aet_list_set_names(const struct aet_value *value, char ***field);
int aet_list_set_attributes(const struct aet_value *value, char ***field);

#endif
