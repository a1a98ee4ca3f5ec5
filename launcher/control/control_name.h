/*
 * The abstract names to which commands connect. Network namespaces have names of their own, but two
 * containers may share one: a name has a mark of the pid namespace and the root directory in it,
 * which those share whose processes and files are the same.
 */
#ifndef AET_CONTROL_NAME_H
#define AET_CONTROL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define AET_CONTROL_NAME 108 /* sun_path, unix(7) */

/* By configuration file, as this process sees it. */
void aet_control_name_by_path(const char *config_path, unsigned uid, char *ret_name, size_t size);

/* By process, which may be in a pid namespace below this one. */
void aet_control_name_by_pid(int pid, char *ret_name, size_t size);

/* name is that of some launcher for config_path, with whatever mark; the user in *ret_uid. */
bool aet_control_name_is_for(const char *name, const char *config_path, unsigned *ret_uid);

/* The process is visible from here, and has the same root directory. */
bool aet_control_name_is_beside(pid_t pid);

#endif
