#include "swap/phase_word.h"

#include <stdatomic.h>

#include "service/service.h"

static uint64_t written;

void aet_phase_set(uint64_t word)
{
	written = word;
	atomic_store(&aet_service.page->word, word);
}

bool aet_phase_change(uint64_t word)
{
	uint64_t before = written;

	if (!atomic_compare_exchange_strong(&aet_service.page->word, &before, word))
		return false;
	written = word;
	return true;
}

bool aet_phase_is_ours(void)
{
	return atomic_load(&aet_service.page->word) == written;
}

uint64_t aet_phase_now(void)
{
	return atomic_load(&aet_service.page->word);
}
