/*
 * What is wrong with a program, and what to do instead. Each is one sentence for a person who sees
 * it once, at the worst time: the cause first, the remedy after the colon.
 */
#include "inspect/inspect_advice.h"

#include "base/wrapper.h"
#include "inspect/which.h"
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PASSING "set service.listen and use FD 3 or LISTEN_FDS, then it swaps by descriptor passing"

__attribute__((format(printf, 2, 3))) static void advise(
	struct aet_program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(program->advice, sizeof(program->advice), format, args);
	va_end(args);
}

void aet_advise_directory(struct aet_program *program, const char *directory)
{
	advise(program, "the directory '%.150s' is not there: see service.directory", directory);
}

void aet_advise_not_found(
	struct aet_program *program, const char *argv0, const char *path_env, const char *directory)
{
	char beside[PATH_MAX];

	if (strchr(argv0, '/'))
		advise(program, "'%.100s' is not there%s%.100s%s", argv0,
			directory && *argv0 != '/' ? " in '" : "",
			directory && *argv0 != '/' ? directory : "",
			directory && *argv0 != '/' ? "'" : "");
	else if (aet_which(argv0, ".", directory, beside, sizeof(beside)) == 0)
		advise(program, "'%.60s' is not in PATH, only in the directory: write './%.60s'",
			argv0, argv0);
	else
		advise(program, "'%.60s' is not in PATH (%.100s)", argv0,
			path_env ? path_env : AET_WHICH_DEFAULT_PATH);
}

/* How to run a Python file, if path is one. */
static const char *python_hint(const char *path)
{
	size_t n = strlen(path);

	return n > 3 && strcmp(path + n - 3, ".py") == 0
		? ", or run it with python3: [\"python3\", \"FILE.py\"]"
		: "";
}

void aet_advise_no_permission(struct aet_program *program, const char *argv0)
{
	struct stat st;

	if (strchr(argv0, '/') && stat(program->path, &st) == 0 && S_ISDIR(st.st_mode))
		advise(program, "'%.150s' is a directory", argv0);
	else
		advise(program, "'%.80s' may not be executed: chmod +x%s", argv0,
			python_hint(argv0));
}

void aet_advise_no_interpreter(struct aet_program *program, const char *interpreter)
{
	advise(program, "'%.80s' is a script for '%.80s', which is not there", program->image,
		interpreter);
}

void aet_advise_no_loader(struct aet_program *program)
{
	const char *libc = program->libc == AET_LIBC_MUSL ? "musl"
		: program->libc == AET_LIBC_GLIBC         ? "glibc"
							  : "its own C library";

	advise(program, "'%.60s' needs '%.60s', which is not there: it was built for %s",
		program->image, program->elf.interpreter, libc);
}

void aet_advise_unreadable(struct aet_program *program, int error)
{
	advise(program, "'%.100s' cannot be opened: %s", program->image, strerror(error));
}

void aet_advise_bad_format(struct aet_program *program, int error)
{
	if (error == -ELOOP)
		advise(program,
			"'%.100s' is a script for a script for a script, too deep for the "
			"kernel",
			program->path);
	else if (error == -EBADMSG)
		advise(program,
			"'%.80s' is a broken program, cut short or damaged: was the copy "
			"complete?",
			program->image);
	else if (error == -ENOEXEC)
		advise(program,
			"'%.60s' is neither a program nor a script: a script's first line "
			"is like #!/usr/bin/env python3%s",
			program->image, python_hint(program->image));
	else
		advise(program, "'%.100s' cannot be read: %s", program->image, strerror(-error));
}

static void advise_wrong_arch(struct aet_program *program)
{
	advise(program,
		"'%.60s' is for %s (%u bits), this machine and launcher are %s: build it "
		"for %s",
		program->image, aet_elf_machine_name(program->elf.machine),
		(unsigned)program->elf.bits, aet_elf_machine_name(aet_elf_machine_native()),
		aet_elf_machine_name(aet_elf_machine_native()));
}

/* For root their LD_PRELOAD would count, but they clean the environment. */
static bool changes_user(const char *path)
{
	static const char *const names[] = {"su", "sudo", "doas", "pkexec"};

	for (size_t i = 0; i < AET_ARRAY_SIZE(names); i++)
		if (strcmp(aet_wrapper_base(path), names[i]) == 0)
			return true;
	return false;
}

static void advise_privileged(struct aet_program *program)
{
	if (changes_user(program->path))
		advise(program,
			"'%.40s' is setuid, and the loader ignores LD_PRELOAD then: use setpriv "
			"--reuid=USER --regid=USER --init-groups, gosu or su-exec in its place, "
			"or start the launcher as that user",
			program->path);
	else if (program->verdict == AET_PROGRAM_SETUID)
		advise(program,
			"'%.40s' is %s, and the loader ignores LD_PRELOAD then: chmod %s, "
			"and start the launcher as the user it needs",
			program->image, program->is_setuid ? "setuid" : "setgid",
			program->is_setuid ? "u-s" : "g-s");
	else
		advise(program,
			"'%.40s' has file capabilities, and the loader ignores LD_PRELOAD "
			"then: setcap -r; for a port below 1024 let the launcher have "
			"CAP_NET_BIND_SERVICE (AmbientCapabilities= of systemd)",
			program->image);
}

void aet_advise_environment(struct aet_program *program, const char *clears, const char *replaces)
{
	if (clears)
		advise(program,
			"'%.20s' takes the environment away, LD_PRELOAD and AETERNA_* with it: set "
			"variables in service.env, and let the program inherit the rest",
			clears);
	else
		advise(program,
			"'%.20s' sets LD_PRELOAD in place of ours: set it in service.env, which "
			"keeps both, or write LD_PRELOAD=$LD_PRELOAD:OTHER",
			replaces);
}

void aet_advise_verdict(struct aet_program *program)
{
	if (program->advice[0])
		return;
	switch (program->verdict) {
	case AET_PROGRAM_WRONG_ARCH:
		advise_wrong_arch(program);
		break;
	case AET_PROGRAM_STATIC:
		advise(program, "'%.50s' is linked statically: link it dynamically, or " PASSING,
			program->image);
		break;
	case AET_PROGRAM_STATIC_GO:
	case AET_PROGRAM_GO:
		advise(program, "'%.50s' is a Go program, which does without libc: " PASSING,
			program->image);
		break;
	case AET_PROGRAM_SETUID:
	case AET_PROGRAM_CAPABILITIES:
		advise_privileged(program);
		break;
	case AET_PROGRAM_ASAN:
		advise(program,
			"'%.50s' is built with AddressSanitizer, whose library has to be the first: "
			"service.env: [\"LD_PRELOAD=libasan.so.8\"] (the one of ldd), or "
			"ASAN_OPTIONS=verify_asan_link_order=0",
			program->image);
		break;
	case AET_PROGRAM_OK:
	case AET_PROGRAM_NOT_FOUND:
	case AET_PROGRAM_NOT_EXECUTABLE:
	case AET_PROGRAM_NO_INTERPRETER:
	case AET_PROGRAM_ENVIRONMENT:
	default:
		break;
	}
}
