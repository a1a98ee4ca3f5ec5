/*
 * Somebody else's preload library: counts accept4() and close() and passes them on to whatever
 * comes next. At every tenth call it rewrites the file named by COUNT_FILE, in one write of the
 * same length, so that a reader never finds half of it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int accepts;
static int closes;

static void tell(void)
{
	static int calls;
	const char *path = getenv("COUNT_FILE");
	char text[96];
	int fd;
	int len;

	if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % 10 || !path)
		return;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	len = snprintf(text, sizeof(text), "%10d %10d %10d\n", (int)getpid(), accepts, closes);
	(void)!write(fd, text, (size_t)len);
	((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	static int (*next)(int, struct sockaddr *, socklen_t *, int);

	if (!next)
		next = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(
			RTLD_NEXT, "accept4");
	fd = next(fd, addr, len, flags);
	if (fd >= 0)
		__atomic_add_fetch(&accepts, 1, __ATOMIC_RELAXED);
	return fd;
}

int close(int fd)
{
	static int (*next)(int);

	if (!next)
		next = (int (*)(int))dlsym(RTLD_NEXT, "close");
	__atomic_add_fetch(&closes, 1, __ATOMIC_RELAXED);
	tell();
	return next(fd);
}
