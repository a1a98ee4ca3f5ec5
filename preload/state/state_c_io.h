/*
 * Files, memory and streams for the dump and load of a state whose hooks are in C. Nothing but
 * system calls: the process may be forked, or anywhere inside libc.
 */
#ifndef AET_STATE_C_IO_H
#define AET_STATE_C_IO_H

#include <stdbool.h>
#include <stdint.h>

#define AET_C_SECTION "hook"

struct aet_c_mapping {
	uint8_t *at;
	uint64_t length;
};

/* mmap(2) from the file's beginning: 0, or -errno with *ret untouched. */
int aet_c_map(struct aet_c_mapping *ret, int fd, uint64_t length, int protection, int flags);
void aet_c_unmap(const struct aet_c_mapping *mapping);

/* Bytes of the file, or -errno. */
int64_t aet_c_size_of(int fd);

/* A file without a name: a memfd that can be sealed, or in /dev/shm. The caller's; or -errno. */
int aet_c_new_file(const char *name);

/* 0, or -errno. */
int aet_c_write_all(int fd, const uint8_t *bytes, uint64_t length);

/* Reads until the stream ends: the length; -EFBIG: there is more than room for it; or -errno. */
int64_t aet_c_read_all(int fd, const struct aet_c_mapping *room, uint64_t from);

/* Nobody can write to it any more. */
bool aet_c_is_final(int fd);

/* Reports the failure of the step, and returns -error. */
int aet_c_fail(int error, const char *reason, const char *text);

/* RLIMIT_AS, a file system that is full, RLIMIT_FSIZE. */
bool aet_c_is_no_room(int result);

#endif
