/*
 * ELF and program headers: what the kernel looks at when it executes the file. Sections, which it
 * ignores, are elf_sections.c.
 */
#include "inspect/elf_image.h"

#include "inspect/elf_read.h"
#include "util.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#define SEGMENTS_MAX 1024
#define NOTES_MAX    4096 /* bytes to read of one segment of notes */
#define GO_NOTE_TYPE 4 /* the build id, by the name "Go" */

#define NATIVE_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define NATIVE_DATA  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{EM_386, "i386"},
	{EM_X86_64, "x86-64"},
	{EM_ARM, "arm"},
	{EM_AARCH64, "aarch64"},
	{EM_RISCV, "risc-v"},
	{EM_PPC64, "ppc64"},
	{EM_S390, "s390"},
};

const char *aet_elf_machine_name(uint16_t machine)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "unknown";
}

uint16_t aet_elf_machine_native(void)
{
#if defined(__x86_64__)
	return EM_X86_64;
#elif defined(__aarch64__)
	return EM_AARCH64;
#elif defined(__riscv)
	return EM_RISCV;
#else
	return EM_NONE;
#endif
}

static int read_interpreter(int fd, const ElfW(Phdr) * segment, struct aet_elf_image *image)
{
	int r;

	if (segment->p_filesz < 2 || segment->p_filesz > sizeof(image->interpreter))
		return -EBADMSG;
	r = aet_elf_read_at(fd, segment->p_offset, image->interpreter, segment->p_filesz);
	if (r < 0)
		return r;
	if (image->interpreter[segment->p_filesz - 1] != '\0')
		return -EBADMSG;
	image->is_static = false;
	return 0;
}

/* Go's linker stores its build id in a note. Ignores malformed notes. */
static bool has_go_note(int fd, const ElfW(Phdr) * segment)
{
	unsigned char notes[NOTES_MAX];
	size_t size = AET_MIN(segment->p_filesz, sizeof(notes)), at = 0;

	if (aet_elf_read_at(fd, segment->p_offset, notes, size) < 0)
		return false;
	while (size - at >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		uint64_t name_room, room;

		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		name_room = ((uint64_t)note.n_namesz + 3) & ~UINT64_C(3);
		room = name_room + (((uint64_t)note.n_descsz + 3) & ~UINT64_C(3));
		if (room > size - at)
			return false;
		if (note.n_type == GO_NOTE_TYPE && note.n_namesz == 4 &&
			memcmp(notes + at, "Go\0", 4) == 0)
			return true;
		at += room;
	}
	return false;
}

static int read_segments(int fd, const ElfW(Ehdr) * header, struct aet_elf_image *image)
{
	struct stat st;

	if (header->e_phnum == 0 || header->e_phnum > SEGMENTS_MAX ||
		header->e_phentsize != sizeof(ElfW(Phdr)))
		return -EBADMSG;
	if (fstat(fd, &st) < 0)
		return -errno;

	for (unsigned i = 0; i < header->e_phnum; i++) {
		ElfW(Phdr) segment;
		int r;

		r = aet_elf_read_at(
			fd, header->e_phoff + i * sizeof(segment), &segment, sizeof(segment));
		if (r < 0)
			return r;
		/* An unfinished copy: the kernel would start it, and SIGBUS would kill it. */
		if (segment.p_type == PT_LOAD &&
			(segment.p_offset > (uint64_t)st.st_size ||
				segment.p_filesz > (uint64_t)st.st_size - segment.p_offset))
			return -EBADMSG;
		if (segment.p_type == PT_INTERP) {
			r = read_interpreter(fd, &segment, image);
			if (r < 0)
				return r;
		}
		if (segment.p_type == PT_NOTE && has_go_note(fd, &segment))
			image->is_go = true;
	}
	return 0;
}

static bool is_native(const unsigned char *ident, uint16_t machine)
{
	if (ident[EI_CLASS] != NATIVE_CLASS || ident[EI_DATA] != NATIVE_DATA)
		return false;
	return aet_elf_machine_native() == EM_NONE || machine == aet_elf_machine_native();
}

static uint16_t read_machine(const unsigned char *start, unsigned char data)
{
	const unsigned char *p = start + offsetof(ElfW(Ehdr), e_machine);

	return (uint16_t)(data == ELFDATA2MSB ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

/* Fills what is known of files for this kind of machine alone. */
static int read_program(int fd, struct aet_elf_image *image)
{
	struct aet_elf_sections sections;
	ElfW(Ehdr) header;
	int r;

	r = aet_elf_read_at(fd, 0, &header, sizeof(header));
	if (r < 0)
		return r;
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return -ENOEXEC;
	r = read_segments(fd, &header, image);
	if (r < 0)
		return r;

	aet_elf_sections_read(fd, &sections);
	image->dump_hook = sections.dump_hook;
	image->load_hook = sections.load_hook;
	image->needs_asan = sections.needs_asan;
	image->is_go = image->is_go || sections.is_go;
	return 0;
}

int aet_elf_image_read(int fd, struct aet_elf_image *ret_image)
{
	struct aet_elf_image image = {.is_static = true};
	unsigned char start[EI_NIDENT + 4]; /* both classes agree up to e_machine */
	int r;

	r = aet_elf_read_at(fd, 0, start, SELFMAG);
	if (r < 0)
		return r == -EBADMSG ? -ENOEXEC : r;
	if (memcmp(start, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	r = aet_elf_read_at(fd, 0, start, sizeof(start));
	if (r < 0)
		return r;

	image.machine = read_machine(start, start[EI_DATA]);
	image.bits = start[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	image.is_foreign = !is_native(start, image.machine);
	if (!image.is_foreign) {
		r = read_program(fd, &image);
		if (r < 0)
			return r;
	}
	*ret_image = image;
	return 0;
}
