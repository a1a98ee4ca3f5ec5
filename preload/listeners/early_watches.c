#include "listeners/early_watches.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "core/numbered.h"
#include "core/table.h"
#include "sys.h"

#define PATH_SIZE 48
#define TEXT_SIZE 2048 /* of an fdinfo at a time; a line has 80 bytes */

struct search {
	struct aet_socket *sock;
	int fd;
	uint64_t inode; /* of its file */
	bool waits;
};

/* Appends the number in decimal digits; returns the new end. */
static char *put_number(char *at, int number)
{
	char digits[12];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*at++ = digits[--count];
	*at = '\0';
	return at;
}

static void make_path(char *path, const char *directory, int fd)
{
	while (*directory)
		*path++ = *directory++;
	(void)put_number(path, fd);
}

static bool is_epoll(int fd)
{
	static const char want[] = "anon_inode:[eventpoll]";
	char path[PATH_SIZE];
	char target[sizeof(want)] = {0};
	long length;

	make_path(path, "/proc/self/fd/", fd);
	length = AET_SYS4(readlinkat, AT_FDCWD, path, target, sizeof(target));
	if (length != (long)sizeof(want) - 1)
		return false;
	for (long i = 0; i < length; i++)
		if (target[i] != want[i])
			return false;
	return true;
}

/* The number that follows the key in the line; false: the line does not have it. */
static bool read_field(const char *line, const char *key, unsigned base, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (; *line; line++) {
		const char *a = line;
		const char *b = key;

		while (*b && *a == *b)
			a++, b++;
		if (*b)
			continue;
		while (*a == ' ')
			a++;
		for (;; a++) {
			if (*a >= '0' && *a <= '9')
				number = number * base + (uint64_t)(*a - '0');
			else if (base == 16 && *a >= 'a' && *a <= 'f')
				number = number * base + (uint64_t)(*a - 'a' + 10);
			else
				break;
		}
		*ret_number = number;
		return true;
	}
	return false;
}

/* "tfd: 5 events: 19 data: 7f0000000005  pos:0 ino:1f2 sdev:8", proc_pid_fdinfo(5). */
static void take_line(struct search *search, int epfd, const char *line)
{
	struct aet_watch *watch;
	uint64_t fd;
	uint64_t events;
	uint64_t data;
	uint64_t inode;

	if (!read_field(line, "tfd:", 10, &fd) || fd != (uint64_t)search->fd ||
		!read_field(line, "events:", 16, &events) ||
		!read_field(line, "data:", 16, &data) || !read_field(line, "ino:", 16, &inode) ||
		inode != search->inode || aet_watch_find(epfd, search->fd))
		return;
	watch = aet_watch_new();
	if (!watch)
		return;
	*watch = (struct aet_watch){
		.place = search->sock->held || search->sock->state == AET_SOCKET_BOUND
			? AET_PLACE_PLACEHOLDER
			: AET_PLACE_REAL,
		.socket = (uint8_t)(search->sock - aet_sockets),
		.epfd = epfd,
		.fd = search->fd,
		.events = (uint32_t)events,
		.data = data,
	};
	if (events & (EPOLLIN | EPOLLRDNORM))
		search->waits = true;
}

/* Takes the whole lines of the text; returns how many bytes of a line that is not whole are left, at
 * its beginning. */
static long take_lines(struct search *search, int epfd, char *text, long length)
{
	long start = 0;

	for (long i = 0; i < length; i++) {
		if (text[i] != '\n')
			continue;
		text[i] = '\0';
		take_line(search, epfd, text + start);
		start = i + 1;
	}
	for (long i = start; i < length; i++)
		text[i - start] = text[i];
	return length - start;
}

static void search_epoll(int epfd, void *data)
{
	char path[PATH_SIZE];
	char text[TEXT_SIZE];
	long kept = 0;
	long got;
	int fd;

	if (aet_mark(epfd) != AET_MARK_NONE || !is_epoll(epfd))
		return;
	make_path(path, "/proc/self/fdinfo/", epfd);
	fd = (int)AET_SYS4(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	while ((got = AET_SYS3(read, fd, text + kept, TEXT_SIZE - kept)) > 0) {
		kept = take_lines(data, epfd, text, kept + got);
		if (kept == TEXT_SIZE) /* no such line */
			break;
	}
	(void)AET_SYS1(close, fd);
}

bool aet_early_watches_find(struct aet_socket *sock, int fd)
{
	struct search search = {.sock = sock, .fd = fd};
	struct stat status = {0};

	if (AET_SYS4(newfstatat, fd, "", &status, AT_EMPTY_PATH) < 0)
		return false;
	search.inode = status.st_ino;
	(void)aet_numbered_visit("/proc/self/fd", search_epoll, &search);
	return search.waits;
}
