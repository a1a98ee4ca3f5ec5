#include "hooks/real_io.h"

#include <dlfcn.h>

static void resolve(void);

#define HOOK(name, type, parameters, arguments)                                                    \
	static type first_##name parameters                                                        \
	{                                                                                          \
		resolve();                                                                         \
		return aet_real_io.name arguments;                                                 \
	}
#include "hooks/hooks_io.def"
#undef HOOK

struct aet_real_io aet_real_io = {
#define HOOK(name, type, parameters, arguments) .name = first_##name,
#include "hooks/hooks_io.def"
#undef HOOK
};

/* musl has no fortified names, and nobody there calls them; sendfile64 is sendfile on this ABI. */

static ssize_t lacking_read_chk(int fd, void *buffer, size_t size, size_t room)
{
	(void)room;
	return aet_real_io.read(fd, buffer, size);
}

static ssize_t lacking_recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
	(void)room;
	return aet_real_io.recv(fd, buffer, size, flags);
}

static ssize_t lacking_recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
	struct sockaddr *addr, socklen_t *len)
{
	(void)room;
	return aet_real_io.recvfrom(fd, buffer, size, flags, addr, len);
}

static ssize_t lacking_sendfile64(int out, int in, off64_t *offset, size_t count)
{
	return aet_real_io.sendfile(out, in, offset, count);
}

static void resolve(void)
{
	void *found;

#define HOOK(name, type, parameters, arguments)                                                    \
	found = dlsym(RTLD_NEXT, #name);                                                           \
	if (found)                                                                                 \
		aet_real_io.name = (type(*) parameters)found;
#include "hooks/hooks_io.def"
#undef HOOK
	if (aet_real_io.__read_chk == first___read_chk)
		aet_real_io.__read_chk = lacking_read_chk;
	if (aet_real_io.__recv_chk == first___recv_chk)
		aet_real_io.__recv_chk = lacking_recv_chk;
	if (aet_real_io.__recvfrom_chk == first___recvfrom_chk)
		aet_real_io.__recvfrom_chk = lacking_recvfrom_chk;
	if (aet_real_io.sendfile64 == first_sendfile64)
		aet_real_io.sendfile64 = lacking_sendfile64;
}

__attribute__((constructor)) static void start(void)
{
	resolve();
}
