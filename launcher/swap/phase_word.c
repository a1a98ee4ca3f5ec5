#include "swap/phase_word.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

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

void aet_phase_freeze(uint32_t generation)
{
	atomic_store(&aet_service.page->frozen, generation);
}

/* The kernel says whether a process holds the lock on the generation's byte (fcntl(2)). */
static bool is_lock_held(uint32_t generation)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = generation, .l_len = 1};

	return fcntl(aet_service.page_fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void aet_phase_freeze_until(uint64_t end_ms, uint32_t successor)
{
	atomic_store(&aet_service.page->frozen_until_ms, is_lock_held(successor) ? end_ms : 0);
}

uint64_t aet_phase_now(void)
{
	return atomic_load(&aet_service.page->word);
}
