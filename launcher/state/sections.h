/*
 * What became of the sections of one container when it was loaded: what the loading process noted,
 * held against the container's own table of contents. What is in the table and not in the notes is
 * missing, whatever the process says.
 */
#ifndef AET_SECTIONS_H
#define AET_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aeterna/state.h"

struct aet_sections {
	struct aet_section_note *notes; /* owned, sorted by name */
	uint32_t count;
	bool is_known; /* false: an older module, or hooks in C, which take all or fail */
};

/* Reads the notes from a file of the process: 0; -EBADMSG; or -ENOMEM. */
int aet_sections_read(struct aet_sections *sections, int fd, uint32_t count);
void aet_sections_clear(struct aet_sections *sections);

/* MISSING for a name without a note; TAKEN where there are no notes at all. */
enum aet_section_verdict aet_sections_verdict(
	const struct aet_sections *sections, const char *name);

/* Finds the first section of the container that is missing: its name and, if there is one, the
 * nearest name that the new version has. */
struct aet_missing_section {
	char name[80];
	char nearest[80];
	unsigned more; /* other ones that are missing, too */
};

/* 1 with *ret_missing; 0: everything is accounted for; or -errno. */
int aet_sections_find_missing(
	const struct aet_sections *sections, int fd, struct aet_missing_section *ret_missing);

#endif
