/*
 * Reads the file again and inspects the program, before a swap touches any process.
 */
#ifndef AET_PRECHECK_H
#define AET_PRECHECK_H

#include <stdbool.h>
#include <stddef.h>

struct aet_generation;

struct aet_precheck {
	const char *reason; /* one word for status */
	char detail[192];
	bool is_static; /* it cannot load the library: it swaps by descriptor passing */
	bool is_exclusive; /* its name says that it takes a lock or a PID file */
	bool has_hooks; /* it exports a state hook */
};

/* Fills aet_swap.next_config. 0, or -errno with reason and detail. */
int aet_precheck_swap(struct aet_precheck *ret_check);

/* Inspects the program of aet_service.config. 0, or -errno with reason and detail. */
int aet_precheck_restart(struct aet_precheck *ret_check);

/* A seccomp filter might kill a process for a system call of our signal handler: 0, or -EPERM with
 * the process in ret_detail. */
int aet_precheck_sandbox(const struct aet_generation *generation, char *ret_detail, size_t size);

/* Takes the file and command of the command line, to read the configuration again. */
void aet_precheck_setup(const char *config_path, char *const *command);

#endif
