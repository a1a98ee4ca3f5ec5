#include "control/status_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fd.h"
#include "base/memory_file.h"

/* One stream for the launcher's life: its buffer grows to the largest text and stays. */
static char *status_text;
static size_t status_length;
static FILE *status_stream;

static int text_in_file(void)
{
	AET_CLOSE int fd = aet_memory_file("aeterna-status");

	if (fd < 0 || write(fd, status_text, status_length) != (ssize_t)status_length ||
		lseek(fd, 0, SEEK_SET) < 0)
		return -ENOMEM;
	return aet_fd_take(&fd);
}

/* A pipe(7) takes 64 KiB without anybody reading. */
static int text_in_pipe(void)
{
	int ends[2];
	ssize_t put;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	put = write(ends[1], status_text, status_length);
	(void)close(ends[1]);
	if (put == (ssize_t)status_length)
		return ends[0];
	(void)close(ends[0]);
	return -ENOMEM;
}

int aet_status_text(aet_status_printer *print, bool json)
{
	int fd;

	if (!status_stream)
		status_stream = open_memstream(&status_text, &status_length);
	if (!status_stream)
		return -ENOMEM;
	rewind(status_stream);
	print(status_stream, json);
	/* status_length is where the stream stands now, open_memstream(3); 0: the printer had no
	 * memory for its text. */
	if (fflush(status_stream) != 0 || status_length == 0)
		return -ENOMEM;
	fd = text_in_file();
	return fd >= 0 ? fd : text_in_pipe();
}
