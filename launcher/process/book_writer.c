#include "process/book_writer.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "aeterna/wire.h"
#include "book.h"
#include "listen/listener.h"
#include "listen/private.h"
#include "process/generation.h"
#include "service/service.h"

static struct aet_book next; /* what it has to be */

static void add_place(struct aet_book_entry *entry, uint32_t generation, struct aet_door door)
{
	for (int i = 0; i < AET_BOOK_GENERATIONS; i++) {
		if (entry->places[i].generation != 0)
			continue;
		entry->places[i] = (struct aet_book_place){generation, door};
		return;
	}
}

/* A static program has what it was given: it is in nobody's way. */
static void add_static(struct aet_book_entry *entry)
{
	AET_FOREACH_GENERATION(g)
		if (g->is_static)
			add_place(entry, g->number, (struct aet_door){0});
}

static void add_listener(const struct aet_listener *listener)
{
	struct aet_book_entry *entry = &next.entries[next.count];

	if (listener->address.type == SOCK_DGRAM || next.count == AET_BOOK_ENTRIES)
		return;
	*entry = (struct aet_book_entry){.address = listener->address,
		.dev = listener->ino ? listener->dev : 0,
		.ino = listener->ino,
		.flags = listener->flags & AET_SOCKET_V6ONLY,
		.owner = listener->is_private ? listener->adopted : 0,
		.listener = aet_listener_id(listener)};
	for (int i = 0; i < AET_PLACEHOLDERS_MAX; i++)
		if (listener->placeholders[i].generation != 0 && listener->placeholders[i].is_bound)
			add_place(entry, listener->placeholders[i].generation,
				listener->placeholders[i].door);
	add_static(entry);
	next.count++;
}

static void add_private(const struct aet_private *private)
{
	struct aet_book_entry *entry = &next.entries[next.count];

	if (private->address.type == SOCK_DGRAM || next.count == AET_BOOK_ENTRIES)
		return;
	*entry = (struct aet_book_entry){.address = private->address,
		.dev = private->dev,
		.ino = private->ino,
		.owner = private->generation};
	next.count++;
}

static bool waits(const struct aet_generation *generation)
{
	enum aet_role role =
		aet_word_role(atomic_load(&aet_service.page->word), generation->number);

	return role != AET_ROLE_SERVE && role != AET_ROLE_HOLD;
}

static bool concerns(const struct aet_book_entry *entry)
{
	AET_FOREACH_GENERATION(g)
		if (g->state != AET_GENERATION_KILLED &&
			aet_book_ask(entry, g->number, waits(g), NULL) != AET_BOOK_FREE)
			return true;
	return false;
}

static uint32_t count_active(void)
{
	uint32_t active = 0;

	for (uint32_t i = 0; i < next.count; i++)
		active += concerns(&next.entries[i]);
	return active;
}

static void list_reaching(void)
{
	int count = 0;

	memset(next.reaching, 0, sizeof(next.reaching));
	AET_FOREACH_GENERATION(g)
		if (g->reaches_old && count < AET_BOOK_GENERATIONS)
			next.reaching[count++] = g->number;
}

static size_t size_of_entries(void)
{
	return next.count * sizeof(next.entries[0]);
}

void aet_book_write(void)
{
	struct aet_book *book = &aet_service.page->book;
	uint32_t active;

	next.count = 0;
	AET_FOREACH_LISTENER(l)
		add_listener(l);
	AET_FOREACH_PRIVATE(p)
		add_private(p);
	list_reaching();
	active = count_active();
	if (book->count != next.count ||
		memcmp(book->entries, next.entries, size_of_entries()) != 0 ||
		memcmp(book->reaching, next.reaching, sizeof(next.reaching)) != 0) {
		atomic_fetch_add(&book->sequence, 1);
		book->count = next.count;
		memcpy(book->reaching, next.reaching, sizeof(next.reaching));
		memcpy(book->entries, next.entries, size_of_entries());
		atomic_fetch_add(&book->sequence, 1);
	}
	if (atomic_load(&book->active) != active)
		atomic_store(&book->active, active);
}
