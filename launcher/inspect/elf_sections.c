/*
 * ELF sections: which state hooks a program defines and exports, and Go's marks where its notes
 * are gone. Reads in small pieces: a large symbol table costs time but no memory.
 */
#include "inspect/elf_sections.h"

#include "inspect/elf_read.h"
#include "util.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#define SECTIONS_MAX 4096
#define TABLE_MAX    (UINT64_C(256) << 20) /* bytes of the largest table to read */
#define PIECE        8192
#define SPOTS_MAX    4 /* places in a string table where a name may stand */

/* The places of a name in a string table: with tails shared there can be more than one. */
struct spots {
	uint64_t at[SPOTS_MAX];
	unsigned count;
};

/* The sections of one file. */
struct sections {
	int fd;
	uint64_t offset;
	unsigned count;
	unsigned names; /* index of the section with the sections' names */
};

static int read_section(const struct sections *sections, unsigned index, ElfW(Shdr) * ret_section)
{
	return aet_elf_read_at(sections->fd, sections->offset + index * sizeof(*ret_section),
		ret_section, sizeof(*ret_section));
}

static int open_sections(int fd, struct sections *ret_sections)
{
	ElfW(Ehdr) header;
	int r;

	r = aet_elf_read_at(fd, 0, &header, sizeof(header));
	if (r < 0)
		return r;
	*ret_sections = (struct sections){.fd = fd, .offset = header.e_shoff};
	if (header.e_shoff == 0 || header.e_shentsize != sizeof(ElfW(Shdr)) ||
		header.e_shnum > SECTIONS_MAX)
		return 0;
	ret_sections->count = header.e_shnum;
	ret_sections->names = header.e_shstrndx;
	return 0;
}

/* Finds name with the NUL behind it. Pieces overlap, so that none is missed between two of them. */
static void find_spots(
	int fd, const ElfW(Shdr) * strings, const char *name, struct spots *ret_spots)
{
	size_t size = strlen(name) + 1;
	uint64_t at = 0;
	char piece[PIECE];

	*ret_spots = (struct spots){0};
	if (strings->sh_type != SHT_STRTAB || strings->sh_size > TABLE_MAX)
		return;
	while (strings->sh_size - at >= size) {
		size_t n = AET_MIN(strings->sh_size - at, sizeof(piece));
		const char *p = piece;

		if (aet_elf_read_at(fd, strings->sh_offset + at, piece, n) < 0)
			return;
		while ((p = memmem(p, (size_t)(piece + n - p), name, size))) {
			if (ret_spots->count < SPOTS_MAX)
				ret_spots->at[ret_spots->count++] = at + (uint64_t)(p - piece);
			p++;
		}
		at += n - (size - 1);
	}
}

static bool is_at_spot(const struct spots *spots, uint64_t at)
{
	for (unsigned i = 0; i < spots->count; i++)
		if (spots->at[i] == at)
			return true;
	return false;
}

/* st_info has the same layout in both classes. */
static bool is_defined_function(const ElfW(Sym) * symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_NOTYPE);
}

static bool is_exported(const ElfW(Sym) * symbol)
{
	unsigned bind = ELF64_ST_BIND(symbol->st_info);
	unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);

	return (bind == STB_GLOBAL || bind == STB_WEAK) &&
		(visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static enum aet_elf_hook find_symbol(int fd, const ElfW(Shdr) * table, const struct spots *spots)
{
	ElfW(Sym) symbols[PIECE / sizeof(ElfW(Sym))];
	uint64_t count = table->sh_size / sizeof(symbols[0]);
	enum aet_elf_hook found = AET_ELF_HOOK_ABSENT;

	if (spots->count == 0 || table->sh_size > TABLE_MAX)
		return found;
	for (uint64_t done = 0; done < count;) {
		size_t n = AET_MIN(count - done, AET_ARRAY_SIZE(symbols));

		if (aet_elf_read_at(fd, table->sh_offset + done * sizeof(symbols[0]), symbols,
			    n * sizeof(symbols[0])) < 0)
			break;
		for (size_t i = 0; i < n; i++) {
			if (!is_at_spot(spots, symbols[i].st_name) ||
				!is_defined_function(&symbols[i]))
				continue;
			if (table->sh_type == SHT_DYNSYM && is_exported(&symbols[i]))
				return AET_ELF_HOOK_EXPORTED;
			found = AET_ELF_HOOK_HIDDEN;
		}
		done += n;
	}
	return found;
}

static void find_hook(const struct sections *sections, const ElfW(Shdr) * table, const char *name,
	enum aet_elf_hook *hook)
{
	ElfW(Shdr) strings;
	struct spots spots;

	if (table->sh_link >= sections->count ||
		read_section(sections, table->sh_link, &strings) < 0)
		return;
	find_spots(sections->fd, &strings, name, &spots);
	*hook = AET_MAX(*hook, find_symbol(sections->fd, table, &spots));
}

/* With the runtime inside, the program would define it. */
static bool imports(const struct sections *sections, const ElfW(Shdr) * table, const char *name)
{
	ElfW(Shdr) strings;
	struct spots spots;

	if (table->sh_link >= sections->count ||
		read_section(sections, table->sh_link, &strings) < 0)
		return false;
	find_spots(sections->fd, &strings, name, &spots);
	return spots.count > 0 && find_symbol(sections->fd, table, &spots) == AET_ELF_HOOK_ABSENT;
}

static bool has_name(const struct sections *sections, const ElfW(Shdr) * names,
	const ElfW(Shdr) * section, const char *name)
{
	char found[32];
	size_t size = strlen(name) + 1;

	if (section->sh_name > names->sh_size || names->sh_size - section->sh_name < size)
		return false;
	if (aet_elf_read_at(sections->fd, names->sh_offset + section->sh_name, found, size) < 0)
		return false;
	return memcmp(found, name, size) == 0;
}

void aet_elf_sections_read(int fd, struct aet_elf_sections *ret_sections)
{
	struct sections sections;
	ElfW(Shdr) names = {0};

	*ret_sections = (struct aet_elf_sections){0};
	if (open_sections(fd, &sections) < 0)
		return;
	if (sections.names >= sections.count || read_section(&sections, sections.names, &names) < 0)
		names.sh_size = 0;

	for (unsigned i = 0; i < sections.count; i++) {
		ElfW(Shdr) section;

		if (read_section(&sections, i, &section) < 0)
			return;
		if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB) {
			find_hook(&sections, &section, "aeterna_dump_state",
				&ret_sections->dump_hook);
			find_hook(&sections, &section, "aeterna_load_state",
				&ret_sections->load_hook);
		}
		if (section.sh_type == SHT_DYNSYM)
			ret_sections->needs_asan = imports(&sections, &section, "__asan_init");
		if (section.sh_type == SHT_PROGBITS && !ret_sections->is_go)
			ret_sections->is_go =
				has_name(&sections, &names, &section, ".go.buildinfo");
	}
}
