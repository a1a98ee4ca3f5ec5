/*
 * The sentences about a program that cannot be run or supervised. Each fills program->advice.
 */
#ifndef AET_INSPECT_ADVICE_H
#define AET_INSPECT_ADVICE_H

#include "inspect/program.h"

void aet_advise_directory(struct aet_program *program, const char *directory);
void aet_advise_not_found(struct aet_program *program, const char *argv0, const char *path_env,
	const char *directory);

/* program->path is the last file that was tried. */
void aet_advise_no_permission(struct aet_program *program, const char *argv0);

/* A script whose first line names an interpreter that does not exist. */
void aet_advise_no_interpreter(struct aet_program *program, const char *interpreter);

/* An ELF file whose dynamic loader does not exist. */
void aet_advise_no_loader(struct aet_program *program);

void aet_advise_unreadable(struct aet_program *program, int error);

/* -ENOEXEC: neither ELF nor script; -EBADMSG: broken ELF; -ELOOP: scripts without end; -errno. */
void aet_advise_bad_format(struct aet_program *program, int error);

/* For the other verdicts; leaves an advice that the functions above gave. */
/* A wrapper takes LD_PRELOAD away, or (clears: NULL) sets it anew. */
void aet_advise_environment(struct aet_program *program, const char *clears, const char *replaces);
void aet_advise_verdict(struct aet_program *program);

#endif
