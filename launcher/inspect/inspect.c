/*
 * Follows a command to the ELF file that runs in the end, as the kernel and env(1) would, and
 * judges it. setuid and capabilities count on that file alone: the kernel ignores them on scripts.
 * They count for root too, though the kernel would not clear LD_PRELOAD then: a service that works
 * only as long as root starts it is no promise.
 */
#include "inspect/inspect.h"

#include "fd.h"
#include "inspect/inspect_advice.h"
#include "inspect/script.h"
#include "inspect/which.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define SCRIPTS_MAX 5 /* as deep as the kernel follows "#!" */

/* One look: where it starts from. */
struct look {
	const char *argv0;
	const char *path_env;
	const char *directory;
	struct aet_program *program;
};

static int judge(const struct look *look, enum aet_program_verdict verdict)
{
	look->program->verdict = verdict;
	return -ECANCELED; /* ends the look; never leaves this file */
}

static int find(const struct look *look)
{
	struct aet_program *program = look->program;
	struct stat st;
	int r;

	if (look->directory && (stat(look->directory, &st) < 0 || !S_ISDIR(st.st_mode))) {
		aet_advise_directory(program, look->directory);
		return judge(look, AET_PROGRAM_NOT_FOUND);
	}
	r = aet_which(
		look->argv0, look->path_env, look->directory, program->path, sizeof(program->path));
	if (r == -EACCES) {
		aet_advise_no_permission(program, look->argv0);
		program->path[0] = '\0';
		return judge(look, AET_PROGRAM_NOT_EXECUTABLE);
	}
	if (r < 0) {
		aet_advise_not_found(program, look->argv0, look->path_env, look->directory);
		program->path[0] = '\0';
		return judge(look, AET_PROGRAM_NOT_FOUND);
	}
	(void)snprintf(program->image, sizeof(program->image), "%s", program->path);
	return 0;
}

/* Moves program->image from a script to what its first line names. */
static int follow_script(const struct look *look, const struct aet_script *script)
{
	struct aet_program *program = look->program;
	char interpreter[PATH_MAX];
	int r;

	program->is_script = true;
	/* The kernel opens the interpreter as it stands; env(1) searches PATH for its own. */
	r = strchr(script->interpreter, '/') ? aet_which(script->interpreter, "", look->directory,
						       interpreter, sizeof(interpreter))
					     : -ENOENT;
	if (r == 0 && script->env_program[0])
		r = aet_which(script->env_program, look->path_env, look->directory, interpreter,
			sizeof(interpreter));
	if (r < 0) {
		aet_advise_no_interpreter(program,
			script->env_program[0] ? script->env_program : script->interpreter);
		return judge(look, AET_PROGRAM_NO_INTERPRETER);
	}
	memcpy(program->image, interpreter, sizeof(interpreter));
	return 0;
}

static int open_image(const struct look *look, int *ret_fd)
{
	int fd = open(look->program->image, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		look->program->is_unreadable = true;
		return judge(look, AET_PROGRAM_OK);
	}
	if (fd < 0) {
		aet_advise_unreadable(look->program, errno);
		return judge(look, AET_PROGRAM_NOT_EXECUTABLE);
	}
	*ret_fd = fd;
	return 0;
}

/* Opens the ELF file at the end of a chain of scripts. */
static int open_program(const struct look *look, int *ret_fd)
{
	for (int depth = 0; depth <= SCRIPTS_MAX; depth++) {
		struct aet_script script;
		AET_CLOSE int fd = -1;
		int r;

		r = open_image(look, &fd);
		if (r < 0)
			return r;
		r = aet_script_read(fd, &script);
		if (r < 0) {
			*ret_fd = aet_fd_take(&fd);
			return 0;
		}
		r = follow_script(look, &script);
		if (r < 0)
			return r;
	}
	aet_advise_bad_format(look->program, -ELOOP);
	return judge(look, AET_PROGRAM_NOT_EXECUTABLE);
}

static enum aet_libc libc_of(const char *loader)
{
	const char *base = strrchr(loader, '/') ? strrchr(loader, '/') + 1 : loader;

	if (strncmp(base, "ld-musl", 7) == 0)
		return AET_LIBC_MUSL;
	if (strncmp(base, "ld-linux", 8) == 0 || strncmp(base, "ld64.so", 7) == 0 ||
		strncmp(base, "ld.so", 5) == 0)
		return AET_LIBC_GLIBC;
	return AET_LIBC_UNKNOWN;
}

static int judge_image(const struct look *look, int fd)
{
	struct aet_program *program = look->program;
	struct stat st;
	int r;

	r = aet_elf_image_read(fd, &program->elf);
	if (r < 0) {
		aet_advise_bad_format(program, r);
		return judge(look, AET_PROGRAM_NOT_EXECUTABLE);
	}
	if (fstat(fd, &st) == 0) {
		program->is_setuid = st.st_mode & S_ISUID;
		/* Without the group's x bit it once meant mandatory locking. */
		program->is_setgid = (st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP);
	}
	program->has_capabilities = fgetxattr(fd, "security.capability", NULL, 0) > 0;
	program->libc = libc_of(program->elf.interpreter);

	if (program->elf.is_foreign)
		return judge(look, AET_PROGRAM_WRONG_ARCH);
	if (!program->elf.is_static && stat(program->elf.interpreter, &st) < 0) {
		aet_advise_no_loader(program);
		return judge(look, AET_PROGRAM_NO_INTERPRETER);
	}
	if (program->elf.is_static)
		return judge(look, program->elf.is_go ? AET_PROGRAM_STATIC_GO : AET_PROGRAM_STATIC);
	if (program->is_setuid || program->is_setgid)
		return judge(look, AET_PROGRAM_SETUID);
	if (program->has_capabilities)
		return judge(look, AET_PROGRAM_CAPABILITIES);
	return judge(look, program->elf.is_go ? AET_PROGRAM_GO : AET_PROGRAM_OK);
}

static bool is_java(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return strcmp(base, "java") == 0;
}

int aet_program_inspect(const char *argv0, const char *path_env, const char *directory,
	struct aet_program *ret_program)
{
	struct look look = {argv0, path_env, directory, ret_program};
	AET_CLOSE int fd = -1;

	memset(ret_program, 0, sizeof(*ret_program));
	if (find(&look) == 0 && open_program(&look, &fd) == 0)
		(void)judge_image(&look, fd);
	ret_program->is_java = is_java(argv0) || is_java(ret_program->image);
	aet_advise_verdict(ret_program);
	return 0;
}
