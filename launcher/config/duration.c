/*
 * Durations as people write them: a number, whole or with a point, and a unit right behind it.
 * Integer arithmetic all the way: 0.1s is 100 ms and nothing overflows.
 */
#include "config/duration.h"

#include "util.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX 9 /* more before the point are too long in any unit */

static const struct {
	const char *name;
	uint64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *find_unit(const char *text, uint64_t *ret_ms)
{
	if (!*text)
		return "lacks a unit: one of ms, s, m and h, as in 5s";
	for (size_t i = 0; i < AET_ARRAY_SIZE(units); i++) {
		if (strcmp(text, units[i].name) == 0) {
			*ret_ms = units[i].ms;
			return NULL;
		}
	}
	return "is not a duration: a number and one of ms, s, m and h are wanted, as in 5s";
}

/* Adds the digits after the point, in units of unit_ms. */
static const char *add_fraction(const char *digits, size_t count, uint64_t unit_ms, uint64_t *ms)
{
	uint64_t scale = 1, value = 0;

	while (count > 0 && digits[count - 1] == '0')
		count--;
	if (count > DIGITS_MAX)
		return "is finer than a millisecond";
	for (size_t i = 0; i < count; i++) {
		value = value * 10 + (uint64_t)(digits[i] - '0');
		scale *= 10;
	}
	if (value * unit_ms % scale != 0)
		return "is finer than a millisecond";
	*ms += value * unit_ms / scale;
	return NULL;
}

const char *aet_duration_parse(const char *text, uint64_t *ret_ms)
{
	const char *p = text, *fraction = "", *why;
	uint64_t value = 0, unit_ms, ms;
	size_t fraction_count = 0, digits = 0;

	if (*p == '-' && is_digit(p[1]))
		return "is negative";
	while (*p == '0' && is_digit(p[1]))
		p++;
	for (; is_digit(*p); p++, digits++)
		if (digits < DIGITS_MAX)
			value = value * 10 + (uint64_t)(*p - '0');
	if (p > text && *p == '.' && is_digit(p[1])) {
		fraction = ++p;
		while (is_digit(*p))
			p++;
		fraction_count = (size_t)(p - fraction);
	}
	if (p == text)
		return "is not a duration: a number and one of ms, s, m and h are wanted, as in 5s";
	why = find_unit(p, &unit_ms);
	if (why)
		return why;
	if (digits > DIGITS_MAX)
		return "is too long: at most " AET_DURATION_MAX_HOURS;

	ms = value * unit_ms;
	why = add_fraction(fraction, fraction_count, unit_ms, &ms);
	if (why)
		return why;
	if (ms > AET_DURATION_MAX_MS)
		return "is too long: at most " AET_DURATION_MAX_HOURS;
	*ret_ms = ms;
	return NULL;
}
