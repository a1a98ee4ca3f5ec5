/*
 * The clients in the order in which each has something to do next: a binary heap over their due_ns.
 * A client is in it at most once and knows its place, so that it can be moved or taken out.
 */
#ifndef AET_LOAD_HEAP_H
#define AET_LOAD_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct aet_client;

struct aet_heap {
	struct aet_client **items; /* items[0] is due first */
	size_t count;
	size_t room;
};

/* Puts the client in, or moves it to where its new due time belongs. 0, or -ENOMEM. */
int aet_heap_set(struct aet_heap *heap, struct aet_client *client, uint64_t due_ns);
void aet_heap_remove(struct aet_heap *heap, struct aet_client *client);
void aet_heap_fini(struct aet_heap *heap);

#endif
