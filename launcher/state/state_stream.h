/*
 * State by pipe: a Unix stream socket to the process, which the launcher reads into a memory file
 * or writes from one.
 */
#ifndef AET_STATE_STREAM_H
#define AET_STATE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct aet_state_stream {
	struct aet_source source; /* the launcher's end */
	int file; /* the piece closes it */
	uint64_t at; /* bytes so far */
	bool open;
	int error; /* -EFBIG: more than a pipe may carry; -ENOMEM: no memory for it */
	void (*ended)(void); /* called when all was read; may be NULL */
};

/* Each returns the process's end, for the caller to send and close; or -errno. */
int aet_state_stream_read(struct aet_state_stream *stream, int file, void (*ended)(void));
int aet_state_stream_write(struct aet_state_stream *stream, int file);

void aet_state_stream_close(struct aet_state_stream *stream);

#endif
