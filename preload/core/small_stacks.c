#include "core/small_stacks.h"

#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_action.h"
#include "core/symbols.h"
#include "sys.h"
#include "util.h"

#define LAST_SIGNAL 64

#define BIT(signal) (1ull << ((signal)-1))
#define FAULTS                                                                                     \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGABRT) | BIT(SIGTRAP) |    \
		BIT(SIGSYS))

/* glibc handles these on the alternate stack, whatever the program: cancellation, setuid(2) */
#define LIBCS (BIT(32) | BIT(33) | BIT(34))

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *info, size_t size, void *data), void *data)
	__attribute__((weak));

/* The linker of Go names each object it makes in a note of its own, .note.go.buildid. */
static bool has_go_note(const uint8_t *notes, size_t length)
{
	while (length >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)notes;
		const uint8_t *name = notes + sizeof(*note);
		size_t size = sizeof(*note) + ((note->n_namesz + 3ul) & ~3ul) +
			((note->n_descsz + 3ul) & ~3ul);

		if (note->n_namesz == 4 && length >= sizeof(*note) + 4 && name[0] == 'G' &&
			name[1] == 'o' && name[2] == '\0')
			return true;
		if (size > length)
			return false;
		notes += size;
		length -= size;
	}
	return false;
}

/* A note that is not in memory is in the file alone. */
static bool is_loaded(const struct dl_phdr_info *info, const ElfW(Phdr) * part)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_R) &&
			part->p_vaddr >= segment->p_vaddr &&
			part->p_vaddr + part->p_filesz <= segment->p_vaddr + segment->p_filesz)
			return true;
	}
	return false;
}

static int is_of_go(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_NOTE && is_loaded(info, segment) &&
			has_go_note((const uint8_t *)info->dlpi_addr + segment->p_vaddr,
				segment->p_filesz))
			return 1;
	}
	return 0;
}

/* The symbol: a library that was linked with -buildid= has no note, and exports this all the same. */
static bool is_go_loaded(void)
{
	return (dl_iterate_phdr && dl_iterate_phdr(is_of_go, NULL) != 0) ||
		aet_symbol_find("crosscall2") != NULL;
}

bool aet_small_stacks_are_told(int signal)
{
	return signal >= 1 && signal <= LAST_SIGNAL && !((FAULTS | LIBCS) & BIT(signal));
}

bool aet_small_stacks_are_used(void)
{
	for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
		struct aet_kernel_action now = {0};

		if (aet_small_stacks_are_told(signal) &&
			AET_SYS4(rt_sigaction, signal, NULL, &now, 8) == 0 && now.handler &&
			(now.flags & SA_ONSTACK))
			return true;
	}
	return is_go_loaded();
}
