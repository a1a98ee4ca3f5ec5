/*
 * A program as inspect.c found it: its files, its kind and the verdict about it.
 */
#ifndef AET_PROGRAM_H
#define AET_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "inspect/elf_image.h"

enum aet_program_verdict {
	AET_PROGRAM_OK,
	AET_PROGRAM_NOT_FOUND, /* or its directory does not exist */
	AET_PROGRAM_NOT_EXECUTABLE, /* no permission, unknown format, cut short */
	AET_PROGRAM_NO_INTERPRETER, /* what its "#!" or its ELF header names is missing */
	AET_PROGRAM_WRONG_ARCH,
	/* The following run, but do not load the library or call none of its hooks: */
	AET_PROGRAM_STATIC,
	AET_PROGRAM_STATIC_GO,
	AET_PROGRAM_GO, /* dynamic, but its system calls bypass libc */
	AET_PROGRAM_SETUID,
	AET_PROGRAM_CAPABILITIES,
	AET_PROGRAM_ENVIRONMENT, /* a wrapper takes LD_PRELOAD away */
	AET_PROGRAM_ASAN, /* it ends at once if another library is preloaded first */
};

enum aet_libc { AET_LIBC_UNKNOWN, AET_LIBC_GLIBC, AET_LIBC_MUSL };

#define AET_PROGRAM_ADVICE 384

struct aet_program {
	enum aet_program_verdict verdict;
	char path[PATH_MAX]; /* the file that is executed; "": not found */
	char image[PATH_MAX]; /* the ELF file that runs: path, or a script's interpreter */
	char wrapper[64]; /* what runs it: "tini", "sh"; "": nothing does */
	bool is_exclusive; /* its wrapper lets it run once at a time */
	bool is_script;
	bool is_java;
	bool is_setuid;
	bool is_setgid;
	bool has_capabilities;
	bool is_unreadable; /* may be executed but not read */
	enum aet_libc libc;
	struct aet_elf_image elf; /* of image; zero: none was read */
	char advice[AET_PROGRAM_ADVICE];
};

/* One sentence that says what is wrong and what to do instead; "": nothing is wrong. */
const char *aet_program_advice(const struct aet_program *program);

/* One word for scripts: "ok", "not_found", "static_go", ... */
const char *aet_program_verdict_name(enum aet_program_verdict verdict);

/*
 * The program runs, but swaps by descriptor passing alone: it needs service.listen, and cannot be
 * gated or asked for state.
 */
bool aet_program_needs_listen(const struct aet_program *program);

const char *aet_libc_name(enum aet_libc libc);

#endif
