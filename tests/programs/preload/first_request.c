/*
 * Somebody else's preload library: whoever takes a connection or a datagram of the internet dies,
 * and the first process of the program with it (faulty.c). Each one taken is a byte in a file, so
 * that a test knows how many were lost with the dead.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int counts = -1;
static int tells = -1;

/* Early: programs clear their environment and change their user. */
__attribute__((constructor)) static void start(void)
{
	counts = getenv("FIRST_REQUEST_COUNTS") ? atoi(getenv("FIRST_REQUEST_COUNTS")) : -1;
	tells = getenv("FIRST_REQUEST_TELLS") ? atoi(getenv("FIRST_REQUEST_TELLS")) : -1;
}

static void die(void)
{
	if (write(counts, "x", 1) != 1 || write(tells, "x", 1) != 1)
		abort();
	_exit(1);
}

/* Helpers talk over datagram sockets of the Unix kind; those are nobody's requests. */
static int is_internet_datagram(int fd)
{
	int type = 0;
	int domain = 0;
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_DGRAM &&
		!getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
		(domain == AF_INET || domain == AF_INET6);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int (*next)(int, struct sockaddr *, socklen_t *, int) = dlsym(RTLD_NEXT, "accept4");

	fd = next(fd, addr, len, flags);
	if (fd >= 0)
		die();
	return fd;
}

int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int (*next)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "accept");

	fd = next(fd, addr, len);
	if (fd >= 0)
		die();
	return fd;
}

ssize_t recvfrom(int fd, void *buf, size_t size, int flags, struct sockaddr *addr, socklen_t *len)
{
	ssize_t (*next)(int, void *, size_t, int, struct sockaddr *, socklen_t *) =
		dlsym(RTLD_NEXT, "recvfrom");
	ssize_t n = next(fd, buf, size, flags, addr, len);
	int error = errno;

	if (n >= 0 && is_internet_datagram(fd))
		die();
	errno = error;
	return n;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*next)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
	ssize_t n = next(fd, msg, flags);
	int error = errno;

	if (n >= 0 && is_internet_datagram(fd))
		die();
	errno = error;
	return n;
}
