#include "control/status_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fd.h"
#include "base/memory_file.h"

/* One stream as long as the launcher runs: its buffer grows to the largest text and stays. */
static char *status_text;
static size_t status_room;
static FILE *status_stream;

static int text_in_file(size_t length)
{
	AET_CLOSE int fd = aet_memory_file("aeterna-status");

	if (fd < 0 || write(fd, status_text, length) != (ssize_t)length ||
		lseek(fd, 0, SEEK_SET) < 0)
		return -ENOMEM;
	return aet_fd_take(&fd);
}

/* A pipe(7) takes 64 KiB without a reader. */
static int text_in_pipe(size_t length)
{
	int ends[2];
	ssize_t put;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	put = write(ends[1], status_text, length);
	(void)close(ends[1]);
	if (put == (ssize_t)length)
		return ends[0];
	(void)close(ends[0]);
	return -ENOMEM;
}

int aet_status_text(aet_status_printer *print, bool json)
{
	long length;
	int fd;

	if (!status_stream)
		status_stream = open_memstream(&status_text, &status_room);
	if (!status_stream)
		return -ENOMEM;
	rewind(status_stream);
	print(status_stream, json);
	if (fflush(status_stream) != 0)
		return -ENOMEM;
	/* Where the stream stands. open_memstream(3) sets its size at a flush, and musl flushes nothing
	 * where nothing was printed: the size is the former text's then. */
	length = ftell(status_stream);
	if (length <= 0)
		return -ENOMEM;
	fd = text_in_file((size_t)length);
	return fd >= 0 ? fd : text_in_pipe((size_t)length);
}
