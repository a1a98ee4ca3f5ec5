/*
 * A binary heap with back references. heap_at is 1 + the place, so that a zeroed client is one that
 * is not in the heap.
 */
#include "heap.h"
#include "client.h"

#include <errno.h>
#include <stdlib.h>

static void put(struct aet_heap *heap, size_t at, struct aet_client *client)
{
	heap->items[at] = client;
	client->heap_at = at + 1;
}

static void sift_up(struct aet_heap *heap, size_t at)
{
	struct aet_client *client = heap->items[at];

	while (at && heap->items[(at - 1) / 2]->due_ns > client->due_ns) {
		put(heap, at, heap->items[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(heap, at, client);
}

static void sift_down(struct aet_heap *heap, size_t at)
{
	struct aet_client *client = heap->items[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < heap->count &&
			heap->items[child + 1]->due_ns < heap->items[child]->due_ns)
			child++;
		if (child >= heap->count || heap->items[child]->due_ns >= client->due_ns)
			break;
		put(heap, at, heap->items[child]);
		at = child;
	}
	put(heap, at, client);
}

int aet_heap_set(struct aet_heap *heap, struct aet_client *client, uint64_t due_ns)
{
	client->due_ns = due_ns;
	if (!client->heap_at) {
		if (heap->count == heap->room) {
			size_t room = heap->room ? heap->room * 2 : 1024;
			void *bigger = realloc(heap->items, room * sizeof(*heap->items));

			if (!bigger)
				return -ENOMEM;
			heap->items = bigger;
			heap->room = room;
		}
		put(heap, heap->count++, client);
	}
	sift_up(heap, client->heap_at - 1);
	sift_down(heap, client->heap_at - 1);
	return 0;
}

void aet_heap_remove(struct aet_heap *heap, struct aet_client *client)
{
	size_t at = client->heap_at - 1;
	struct aet_client *last;

	if (!client->heap_at)
		return;
	client->heap_at = 0;
	last = heap->items[--heap->count];
	if (last == client)
		return;
	put(heap, at, last);
	sift_up(heap, at);
	sift_down(heap, last->heap_at - 1);
}

void aet_heap_fini(struct aet_heap *heap)
{
	free(heap->items);
}
