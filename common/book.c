#include "book.h"

static const struct aet_book_place *place_of(
	const struct aet_book_entry *entry, uint32_t generation)
{
	for (int i = 0; i < AET_BOOK_GENERATIONS; i++)
		if (entry->places[i].generation == generation)
			return &entry->places[i];
	return 0;
}

enum aet_book_answer aet_book_ask(const struct aet_book_entry *entry, uint32_t generation,
	bool waits, struct aet_door *ret_door)
{
	const struct aet_book_place *place = place_of(entry, generation);

	if (entry->owner == generation && !place)
		return AET_BOOK_FREE; /* the launcher has no part in it */
	if (!place)
		return AET_BOOK_NOBODY;
	if (!waits || (place->door.ip == 0 && !place->door.has_name))
		return AET_BOOK_FREE;
	if (ret_door)
		*ret_door = place->door;
	return AET_BOOK_DOOR;
}

bool aet_book_reaches(const struct aet_book *book, uint32_t generation)
{
	for (int i = 0; i < AET_BOOK_GENERATIONS; i++)
		if (book->reaching[i] == generation)
			return true;
	return false;
}
