/*
 * A server with a thread for each connection and answers that take their time. What a connection
 * begins with decides: anything but a capital letter is echoed for ever ("v1:" in front). Paths:
 * /events a chunked stream until the file `finish` appears, /download 100 MB, /upload a sum of a
 * chunked body, /upgrade 101 and then echo, /dup and /pass an answer by a connection that has two
 * owners from then on, /watch by one in two epolls, /unseen an answer whose next request is read
 * past libc, and answered when the file `finish` is there. With STDIO=1 requests are read by
 * fgets(3); WORKERS: processes.
 */
#include "program_mode.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define DOWNLOAD (100ul << 20)
#define BLOCK    4096

static int listener;
static char finish_path[4096];

struct source {
	int fd;
	FILE *file; /* STDIO=1 */
	size_t used;
	size_t length;
	char bytes[16384];
};

/* The next byte; -1 at the end. */
static int next(struct source *source)
{
	if (source->used == source->length) {
		ssize_t n = read(source->fd, source->bytes, sizeof(source->bytes));

		if (n <= 0)
			return -1;
		source->used = 0;
		source->length = (size_t)n;
	}
	return (unsigned char)source->bytes[source->used++];
}

static bool read_line(struct source *source, char *line, size_t size)
{
	size_t length = 0;
	int c;

	if (source->file)
		return fgets(line, (int)size, source->file);
	while (length + 1 < size && (c = next(source)) >= 0) {
		line[length++] = (char)c;
		line[length] = '\0';
		if (c == '\n')
			return true;
	}
	return false;
}

static bool put(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

static bool put_text(int fd, const char *text)
{
	return put(fd, text, strlen(text));
}

static bool answer(int fd, const char *text)
{
	char out[512];

	(void)snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(text), text);
	return put_text(fd, out);
}

static void echo(struct source *source, int first)
{
	char line[512];
	int c = first;

	while (c >= 0) {
		size_t length = 0;

		while (c >= 0 && c != '\n' && length < sizeof(line) - 1) {
			line[length++] = (char)c;
			c = next(source);
		}
		if (c < 0 || !put_text(source->fd, program_version) || !put_text(source->fd, ":") ||
			!put(source->fd, line, length) || !put_text(source->fd, "\n"))
			return;
		c = next(source);
	}
}

static bool send_events(int fd)
{
	struct stat st;
	char chunk[128];
	char event[96];
	bool good = put_text(fd,
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
		"Transfer-Encoding: chunked\r\n\r\n");

	for (int i = 0; good && stat(finish_path, &st); i++) {
		(void)snprintf(event, sizeof(event), "data: %s %d\n\n", program_version, i);
		(void)snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(event), event);
		good = put_text(fd, chunk);
		usleep(10000);
	}
	return good && put_text(fd, "0\r\n\r\n");
}

/* Each block begins with its number. */
static bool send_download(int fd)
{
	static char block[BLOCK] __attribute__((aligned(8)));
	char head[128];
	bool good;

	(void)snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nX-Version: %s\r\nContent-Length: %lu\r\n\r\n", program_version,
		DOWNLOAD);
	good = put_text(fd, head);
	for (uint64_t i = 0; good && i < DOWNLOAD / BLOCK; i++) {
		memcpy(block, &i, sizeof(i));
		good = put(fd, block, sizeof(block));
	}
	return good;
}

static bool take_upload(struct source *source)
{
	unsigned long sum = 0;
	unsigned long total = 0;
	char text[160];
	char line[128];

	for (;;) {
		unsigned long size;

		if (!read_line(source, line, sizeof(line)))
			return false;
		size = strtoul(line, NULL, 16);
		for (unsigned long i = 0; i < size; i++)
			sum = sum * 31 + (unsigned long)next(source);
		total += size;
		if (!read_line(source, line, sizeof(line)))
			return false;
		if (size == 0)
			break;
	}
	(void)snprintf(text, sizeof(text), "%s %lu %lu\n", program_version, total, sum);
	return answer(source->fd, text);
}

static void watch_twice(int fd)
{
	for (int i = 0; i < 2; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLET};

		if (epoll_ctl(epoll_create1(EPOLL_CLOEXEC), EPOLL_CTL_ADD, fd, &event))
			program_fail("epoll_ctl");
	}
}

/* To ourselves: there is a second descriptor of the same connection, as in another process. */
static void pass_on(int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec piece = {"x", 1};
	struct msghdr message = {.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	if (sendmsg(pair[0], &message, 0) < 0)
		program_fail("sendmsg");
}

/* Read by number: no hook of a library sees it. A file tells when. */
static bool answer_unseen(int fd)
{
	char request[4096];
	char path[sizeof(finish_path) + 8];
	struct stat st;

	if (!answer(fd, program_version) || syscall(SYS_read, fd, request, sizeof(request)) <= 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s.not", finish_path);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	while (stat(finish_path, &st))
		usleep(10000);
	return answer(fd, program_version);
}

static bool handle(struct source *source, const char *path)
{
	char text[96];

	if (!strncmp(path, "/events ", 8))
		return send_events(source->fd);
	if (!strncmp(path, "/download ", 10))
		return send_download(source->fd);
	if (!strncmp(path, "/upload ", 8))
		return take_upload(source);
	if (!strncmp(path, "/unseen ", 8))
		return answer_unseen(source->fd);
	if (!strncmp(path, "/dup ", 5))
		(void)dup(source->fd);
	if (!strncmp(path, "/pass ", 6))
		pass_on(source->fd);
	if (!strncmp(path, "/watch ", 7))
		watch_twice(source->fd);
	(void)snprintf(text, sizeof(text), "%s %d\n", program_version, (int)getpid());
	return answer(source->fd, text);
}

static void talk(struct source *source)
{
	char line[4096];
	char path[4096];
	int c;

	for (;;) {
		if (!source->file) {
			c = next(source);
			if (c < 'A' || c > 'Z') {
				echo(source, c);
				return;
			}
			source->used--;
		}
		if (!read_line(source, line, sizeof(line)) || !strchr(line, ' '))
			return;
		(void)snprintf(path, sizeof(path), "%s", strchr(line, ' ') + 1);
		while (line[0] != '\r')
			if (!read_line(source, line, sizeof(line)))
				return;
		if (!strncmp(path, "/upgrade ", 9)) {
			(void)put_text(source->fd,
				"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
				"Upgrade: echo\r\n\r\n");
			echo(source, next(source));
			return;
		}
		if (!handle(source, path))
			return;
	}
}

static void *serve(void *argument)
{
	struct source *source = calloc(1, sizeof(*source));

	source->fd = (int)(intptr_t)argument;
	if (getenv("STDIO"))
		source->file = fdopen(source->fd, "r");
	talk(source);
	if (source->file)
		(void)fclose(source->file);
	else
		close(source->fd);
	free(source);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *path;

	listener = program_listen(program_start(argc, argv), 128, SOCK_CLOEXEC);
	path = program_argument(argc, argv, 2, "VERSION_FILE", "version");
	(void)snprintf(finish_path, sizeof(finish_path), "%.*sfinish",
		(int)(strrchr(path, '/') + 1 - path), path);
	for (int i = atoi(program_argument(0, NULL, 9, "WORKERS", "1")); i > 1; i--)
		if (fork() == 0)
			break;
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd >= 0 && !pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			pthread_detach(thread);
	}
}
