/*
 * The functions behind the hooks of hooks_io.def, as real.h has those of hooks.def.
 */
#ifndef AET_REAL_IO_H
#define AET_REAL_IO_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

struct aet_real_io {
#define HOOK(name, type, parameters, arguments) type(*name) parameters;
#include "hooks/hooks_io.def"
#undef HOOK
};

extern struct aet_real_io aet_real_io;

#endif
