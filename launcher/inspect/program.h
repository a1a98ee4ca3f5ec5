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
	AET_PROGRAM_NOT_FOUND, /* nor its directory, perhaps */
	AET_PROGRAM_NOT_EXECUTABLE, /* no permission, no format the kernel knows, cut short */
	AET_PROGRAM_NO_INTERPRETER, /* what its "#!" or its ELF header names is missing */
	AET_PROGRAM_WRONG_ARCH,
	/* From here on the program runs, but the library is not loaded into it or hears nothing: */
	AET_PROGRAM_STATIC,
	AET_PROGRAM_STATIC_GO,
	AET_PROGRAM_GO, /* dynamic, yet its system calls do not pass through libc */
	AET_PROGRAM_SETUID,
	AET_PROGRAM_CAPABILITIES,
};

enum aet_libc { AET_LIBC_UNKNOWN, AET_LIBC_GLIBC, AET_LIBC_MUSL };

#define AET_PROGRAM_ADVICE 384

struct aet_program {
	enum aet_program_verdict verdict;
	char path[PATH_MAX]; /* the file that is executed; "": not found */
	char image[PATH_MAX]; /* the ELF file that runs in the end; path itself, or of a script */
	bool is_script;
	bool is_java;
	bool is_setuid;
	bool is_setgid;
	bool has_capabilities;
	bool is_unreadable; /* may be executed but not read: nothing is known of its inside */
	enum aet_libc libc;
	struct aet_elf_image elf; /* of image; zero where there is none */
	char advice[AET_PROGRAM_ADVICE];
};

/* What is the matter and what to do instead, one sentence; "" when nothing is. */
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
