#include "inspect/program.h"

#include "util.h"

static const char *const verdict_names[] = {
	[AET_PROGRAM_OK] = "ok",
	[AET_PROGRAM_NOT_FOUND] = "not_found",
	[AET_PROGRAM_NOT_EXECUTABLE] = "not_executable",
	[AET_PROGRAM_NO_INTERPRETER] = "no_interpreter",
	[AET_PROGRAM_WRONG_ARCH] = "wrong_arch",
	[AET_PROGRAM_STATIC] = "static",
	[AET_PROGRAM_STATIC_GO] = "static_go",
	[AET_PROGRAM_GO] = "go",
	[AET_PROGRAM_SETUID] = "setuid",
	[AET_PROGRAM_CAPABILITIES] = "capabilities",
	[AET_PROGRAM_ENVIRONMENT] = "environment",
	[AET_PROGRAM_ASAN] = "asan",
};

const char *aet_program_advice(const struct aet_program *program)
{
	return program->advice;
}

const char *aet_program_verdict_name(enum aet_program_verdict verdict)
{
	return (size_t)verdict < AET_ARRAY_SIZE(verdict_names) ? verdict_names[verdict] : "unknown";
}

const char *aet_libc_name(enum aet_libc libc)
{
	switch (libc) {
	case AET_LIBC_GLIBC:
		return "glibc";
	case AET_LIBC_MUSL:
		return "musl";
	case AET_LIBC_UNKNOWN:
	default:
		return "unknown";
	}
}

bool aet_program_needs_listen(const struct aet_program *program)
{
	return program->verdict >= AET_PROGRAM_STATIC && program->verdict != AET_PROGRAM_ASAN;
}
