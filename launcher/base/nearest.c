/*
 * Edit distance (optimal string alignment), in the smallest form that words of a configuration
 * need: three rows on the stack, no allocation.
 */
#include "base/nearest.h"

#include "util.h"

#include <ctype.h>
#include <string.h>

static int lower(const char *word, size_t i)
{
	return tolower((unsigned char)word[i]);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	return AET_MIN(AET_MIN(a, b), c);
}

unsigned aet_nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][AET_NEAREST_MAX];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length >= AET_NEAREST_MAX || b_length >= AET_NEAREST_MAX)
		return AET_NEAREST_MAX;

	for (size_t k = 0; k <= b_length; k++)
		last[k] = (unsigned)k;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *free_row = before;

		now[0] = (unsigned)i;
		for (size_t k = 1; k <= b_length; k++) {
			unsigned cost = lower(a, i - 1) != lower(b, k - 1);

			now[k] = min3(last[k] + 1, now[k - 1] + 1, last[k - 1] + cost);
			if (i > 1 && k > 1 && lower(a, i - 1) == lower(b, k - 2) &&
				lower(a, i - 2) == lower(b, k - 1))
				now[k] = AET_MIN(now[k], before[k - 2] + 1);
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[b_length];
}

const char *aet_nearest_find(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	unsigned best = AET_NEAREST_MAX;

	for (size_t i = 0; i < count; i++) {
		unsigned distance = aet_nearest_distance(word, words[i]);
		size_t length = AET_MIN(strlen(word), strlen(words[i]));

		/* A third of a word may be wrong; in a very short one, one character. */
		if (distance > 1 + length / 4 || distance >= length || distance >= best)
			continue;
		best = distance;
		nearest = words[i];
	}
	return nearest;
}
