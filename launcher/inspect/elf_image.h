/*
 * What an ELF file says about itself. Reads with bounds and never maps the file, which may be cut
 * short, corrupt or written to meanwhile.
 */
#ifndef AET_ELF_IMAGE_H
#define AET_ELF_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "inspect/elf_sections.h"

#define AET_ELF_INTERPRETER_MAX 256

struct aet_elf_image {
	uint16_t machine; /* EM_... */
	uint8_t bits; /* 32 or 64 */
	bool is_foreign; /* for another kind of machine: the fields below are not filled */
	bool is_static; /* names no interpreter */
	bool is_go;
	bool needs_asan; /* AddressSanitizer's library has to be the first one */
	char interpreter[AET_ELF_INTERPRETER_MAX];
	enum aet_elf_hook dump_hook;
	enum aet_elf_hook load_hook;
};

/* 0; -ENOEXEC: no ELF program; -EBADMSG: one that is corrupt or cut short; -errno of pread(2). */
int aet_elf_image_read(int fd, struct aet_elf_image *ret_image);

/* "x86-64" for EM_X86_64; "unknown". */
const char *aet_elf_machine_name(uint16_t machine);

/* The machine that this launcher and its library are built for. */
uint16_t aet_elf_machine_native(void);

#endif
