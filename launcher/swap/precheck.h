/*
 * Step 0 of a swap: the file is read again and the program looked at, before anything is touched.
 */
#ifndef AET_PRECHECK_H
#define AET_PRECHECK_H

#include <stdbool.h>
#include <stddef.h>

struct aet_generation;

struct aet_precheck {
	const char *reason; /* one word for status */
	char detail[192];
	bool is_static; /* swaps by descriptor passing alone */
	bool has_hooks; /* it exports a state hook */
};

/* Fills aet_swap.next_config. 0, or -errno with reason and detail. */
int aet_precheck_swap(struct aet_precheck *ret_check);

/* Looks at the program of aet_service.config. */
int aet_precheck_restart(struct aet_precheck *ret_check);

/* A process under a seccomp filter of its own might be killed by what our handler does: 0, or
 * -EPERM with the process in ret_detail. */
int aet_precheck_sandbox(const struct aet_generation *generation, char *ret_detail, size_t size);

/* How the configuration was named on the command line, for reading it again. */
void aet_precheck_setup(const char *config_path, char *const *command);

#endif
