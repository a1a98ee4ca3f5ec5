/*
 * State by pipe: a Unix stream socket to the process, read into a memory file that stays with the
 * launcher, or written from it.
 */
#ifndef AET_STATE_STREAM_H
#define AET_STATE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct aet_state_stream {
	struct aet_source source; /* our end; not watched: none is open */
	int file; /* the piece's; not ours */
	uint64_t at; /* bytes so far */
	bool open;
	int error; /* -EFBIG: more than a pipe may carry; -ENOMEM: no room for it */
	void (*ended)(void); /* all was read; may be NULL */
};

/* The process's end, to be passed on and closed; or -errno. */
int aet_state_stream_read(struct aet_state_stream *stream, int file, void (*ended)(void));
int aet_state_stream_write(struct aet_state_stream *stream, int file);

void aet_state_stream_close(struct aet_state_stream *stream);

#endif
