/*
 * What a process of this generation reaches at an address that the launcher knows: its own
 * generation's sockets, and of another's none (book.h).
 */
#ifndef AET_REACH_H
#define AET_REACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "book.h"

struct aet_way {
	int error; /* AET_BOOK_NOBODY: what connect(2) fails with */
	struct sockaddr_storage name; /* AET_BOOK_DOOR: where to connect instead */
	socklen_t length;
};

/* The program is about to connect fd to addr. */
enum aet_book_answer aet_reach(
	int fd, const struct sockaddr *addr, socklen_t length, struct aet_way *ret_way);

/* It is the file of a socket that this generation must not find. */
bool aet_reach_hides(uint64_t dev, uint64_t ino);

#endif
