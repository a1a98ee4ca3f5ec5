/*
 * What the sections of an ELF file show: state hooks and Go's marks.
 */
#ifndef AET_ELF_SECTIONS_H
#define AET_ELF_SECTIONS_H

#include <stdbool.h>

/* A state hook, as the program's own symbols show it. */
enum aet_elf_hook {
	AET_ELF_HOOK_ABSENT,
	AET_ELF_HOOK_HIDDEN, /* defined, but not exported: not linked with -rdynamic */
	AET_ELF_HOOK_EXPORTED,
};

struct aet_elf_sections {
	enum aet_elf_hook dump_hook;
	enum aet_elf_hook load_hook;
	bool is_go;
	bool needs_asan; /* the runtime of AddressSanitizer as a library */
};

/*
 * Looks through the sections of a file for this kind of machine. Silent about what it cannot read:
 * a stripped program has no sections.
 */
void aet_elf_sections_read(int fd, struct aet_elf_sections *ret_sections);

#endif
