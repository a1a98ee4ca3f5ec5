/*
 * What an ELF file says about itself, read with bounds and never mapped: the file may be cut
 * short, corrupt or written to while it is looked at.
 */
#ifndef AET_ELF_IMAGE_H
#define AET_ELF_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#define AET_ELF_INTERPRETER_MAX 256

/* A state hook, as the program's own symbols show it. */
enum aet_elf_hook {
	AET_ELF_HOOK_ABSENT,
	AET_ELF_HOOK_HIDDEN, /* defined, but not exported: not linked with -rdynamic */
	AET_ELF_HOOK_EXPORTED,
};

struct aet_elf_image {
	uint16_t machine; /* EM_... */
	uint8_t bits; /* 32 or 64 */
	bool is_foreign; /* for another kind of machine: nothing below is filled */
	bool is_static; /* names no interpreter */
	bool is_go;
	char interpreter[AET_ELF_INTERPRETER_MAX];
	enum aet_elf_hook dump_hook;
	enum aet_elf_hook load_hook;
};

/* 0; -ENOEXEC: no ELF program; -EBADMSG: one that is corrupt or cut short; -errno of pread(2). */
int aet_elf_image_read(int fd, struct aet_elf_image *ret_image);

/* "x86-64" for EM_X86_64; "unknown". */
const char *aet_elf_machine_name(uint16_t machine);

/* The machine that this launcher and its library are built for. */
uint16_t aet_elf_machine_own(void);

/*
 * Looks through the sections for the hooks and Go's marks; needs is_foreign to be false. Silent
 * about what it cannot read: a stripped program has no sections.
 */
void aet_elf_sections_read(int fd, struct aet_elf_image *image);

/* Reads exactly count bytes at offset: 0, -EBADMSG when the file ends before, -errno. */
int aet_elf_read_at(int fd, uint64_t offset, void *buf, uint64_t count);

#endif
