#include "state/state_stream.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "fd.h"

#define PIECE_BYTES 65536 /* at once, so that other clients do not wait long */

void aet_state_stream_close(struct aet_state_stream *stream)
{
	if (!stream->open)
		return;
	aet_loop_remove(&stream->source);
	aet_fd_close(&stream->source.fd);
	stream->open = false;
}

static int open_stream(struct aet_state_stream *stream, int file, void (*ended)(void))
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*stream = (struct aet_state_stream){.file = file, .open = true, .ended = ended};
	stream->source.fd = ends[0];
	return ends[1];
}

static void on_readable(struct aet_source *source, uint32_t events)
{
	static uint8_t bytes[PIECE_BYTES];
	struct aet_state_stream *stream = source->data;
	ssize_t got = recv(source->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && stream->at + (uint64_t)got <= AET_STATE_PIPE_BYTES &&
		pwrite(stream->file, bytes, (size_t)got, (off_t)stream->at) == got) {
		stream->at += (uint64_t)got;
		return;
	}
	if (got > 0)
		stream->error =
			stream->at + (uint64_t)got > AET_STATE_PIPE_BYTES ? -EFBIG : -ENOMEM;
	aet_state_stream_close(stream);
	if (stream->ended)
		stream->ended();
}

int aet_state_stream_read(struct aet_state_stream *stream, int file, void (*ended)(void))
{
	int other = open_stream(stream, file, ended);
	int result;

	if (other < 0)
		return other;
	result = aet_loop_add(&stream->source, stream->source.fd, on_readable, stream);
	if (result == 0)
		return other;
	aet_state_stream_close(stream);
	(void)close(other);
	return result;
}

static void on_writable(struct aet_source *source, uint32_t events)
{
	struct aet_state_stream *stream = source->data;
	off_t at = (off_t)stream->at;
	ssize_t put = sendfile(source->fd, stream->file, &at, PIECE_BYTES);

	(void)events;
	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put > 0)
		stream->at += (uint64_t)put;
	else
		aet_state_stream_close(stream); /* all is written, or the reader is gone */
}

int aet_state_stream_write(struct aet_state_stream *stream, int file)
{
	int other = open_stream(stream, file, NULL);
	int result;

	if (other < 0)
		return other;
	result = aet_fd_set_nonblocking(stream->source.fd);
	if (result == 0)
		result = aet_loop_add_writer(
			&stream->source, stream->source.fd, on_writable, stream);
	if (result == 0)
		return other;
	aet_state_stream_close(stream);
	(void)close(other);
	return result;
}
