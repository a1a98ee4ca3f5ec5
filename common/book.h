/*
 * The address book: who has bound which address. It lies in the shared page, written by the launcher
 * alone and read by every connect() of a generation. A generation finds its own sockets and those
 * of strangers, as on a machine of its own: at the address of another generation nobody is there.
 *
 * While nothing in it concerns anybody, `active` is 0, and a reader does one load.
 */
#ifndef AET_BOOK_H
#define AET_BOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aeterna/address.h"

#define AET_BOOK_ENTRIES     320 /* 64 kept ones, and private ones */
#define AET_BOOK_GENERATIONS 8 /* alive at once, with room */
#define AET_BOOK_TRIES       100 /* the launcher writes for some microseconds */
#define AET_DOOR_NAME        6 /* bytes of an abstract name that the kernel chose, unix(7) */

/* Where a generation that waits meets its own processes: the never-ready socket that stands at the
 * program's descriptor. Nobody else knows the way. */
struct aet_door {
	uint32_t ip; /* of the loopback, in network order; 0: none */
	uint16_t port;
	bool has_name;
	bool is_open; /* a TCP door takes nobody before a process of its generation asks */
	uint8_t name[AET_DOOR_NAME];
};

/* A generation that has bound an address. */
struct aet_book_place {
	uint32_t generation; /* 0: free */
	struct aet_door door;
};

struct aet_book_entry {
	struct aet_address address;
	uint64_t dev; /* of a Unix socket's file */
	uint64_t ino;
	uint32_t flags; /* AET_SOCKET_V6ONLY */
	uint32_t owner; /* the generation that it is private to; 0: it is kept */
	uint32_t listener; /* the launcher's name for it */
	uint32_t reserved;
	struct aet_book_place places[AET_BOOK_GENERATIONS];
};

struct aet_book {
	_Atomic(uint32_t) active; /* entries that do not answer everybody freely */
	_Atomic(uint32_t) sequence; /* odd while the launcher writes */
	uint32_t count;
	uint32_t reserved;
	uint32_t reaching[AET_BOOK_GENERATIONS]; /* generations with reach_old */
	struct aet_book_entry entries[AET_BOOK_ENTRIES];
};

enum aet_book_answer {
	AET_BOOK_FREE, /* what the kernel says */
	AET_BOOK_NOBODY, /* it is another generation's */
	AET_BOOK_DOOR, /* the generation's own, which waits */
};

/* What a process of the generation finds at the entry. waits: the generation is parked or drains.
 * ret_door may be NULL. */
enum aet_book_answer aet_book_ask(const struct aet_book_entry *entry, uint32_t generation,
	bool waits, struct aet_door *ret_door);

/* The generation may meet others. */
bool aet_book_reaches(const struct aet_book *book, uint32_t generation);

#endif
