#include "core/symbols.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct search {
	const char *name;
	unsigned type; /* STT_FUNC or STT_OBJECT */
	void *found;
	size_t size;
};

struct object {
	uintptr_t base;
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash;
	const uint32_t *hash;
};

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* glibc relocates the dynamic section's addresses in place, musl does not. */
static const void *address(const struct object *object, uintptr_t value)
{
	return (const void *)(value < object->base ? object->base + value : value);
}

static void read_dynamic(struct object *object, const ElfW(Dyn) * dynamic)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *at = address(object, dynamic->d_un.d_ptr);

		switch (dynamic->d_tag) {
		case DT_SYMTAB:
			object->symbols = at;
			break;
		case DT_STRTAB:
			object->strings = at;
			break;
		case DT_GNU_HASH:
			object->gnu_hash = at;
			break;
		case DT_HASH:
			object->hash = at;
			break;
		}
	}
}

static bool match(const struct object *object, uint32_t index, struct search *search)
{
	const ElfW(Sym) *symbol = &object->symbols[index];

	if (symbol->st_shndx == SHN_UNDEF || !symbol->st_value ||
		ELF64_ST_TYPE(symbol->st_info) != search->type ||
		!is_same(object->strings + symbol->st_name, search->name))
		return false;
	search->found = (void *)(object->base + symbol->st_value);
	search->size = symbol->st_size;
	return true;
}

static void find_by_gnu_hash(const struct object *object, struct search *search)
{
	const uint32_t *table = object->gnu_hash;
	uint32_t buckets = table[0];
	uint32_t first = table[1];
	const uint32_t *bucket = table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = 5381;
	uint32_t index;

	for (const char *c = search->name; *c; c++)
		hash = hash * 33 + (uint8_t)*c;
	index = buckets ? bucket[hash % buckets] : 0;
	for (; index >= first && index; index++) {
		bool found =
			(chain[index - first] | 1) == (hash | 1) && match(object, index, search);

		if (found || (chain[index - first] & 1))
			return;
	}
}

static void find_by_hash(const struct object *object, struct search *search)
{
	uint32_t count = object->hash[1]; /* as many symbols as chains */

	for (uint32_t i = 1; i < count; i++)
		if (match(object, i, search))
			return;
}

static int look_into(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;
	struct object object = {.base = info->dlpi_addr};

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			read_dynamic(
				&object, (const void *)(object.base + info->dlpi_phdr[i].p_vaddr));
	if (!object.symbols || !object.strings)
		return 0;
	if (object.gnu_hash)
		find_by_gnu_hash(&object, search);
	else if (object.hash)
		find_by_hash(&object, search);
	return search->found != NULL;
}

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *info, size_t size, void *data), void *data)
	__attribute__((weak));

static void look(struct search *search)
{
	if (dl_iterate_phdr)
		(void)dl_iterate_phdr(look_into, search);
}

void *aet_symbol_find(const char *name)
{
	struct search search = {.name = name, .type = STT_FUNC};

	look(&search);
	return search.found;
}

void *aet_symbol_find_object(const char *name, size_t *ret_size)
{
	struct search search = {.name = name, .type = STT_OBJECT};

	look(&search);
	if (search.found)
		*ret_size = search.size;
	return search.found;
}
