#include "core/lib.h"

#include <errno.h>
#include <stdatomic.h>

#include "core/real.h"
#include "sys.h"

struct aet_lib aet_lib = {.lifeline = -1, .page_fd = -1};
__thread volatile int aet_interrupted __attribute__((tls_model("initial-exec")));

__thread volatile int aet_waiting __attribute__((tls_model("initial-exec")));

void aet_copy(void *to, const void *from, unsigned long length)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

#if !__STDC_HOSTED__
/* gcc emits calls to these for large structs even in freestanding code. The tests' build is an
 * ordinary one and has them. */
void *memcpy(void *to, const void *from, unsigned long length);
void *memset(void *to, int byte, unsigned long length);

__attribute__((visibility("hidden"))) void *memcpy(void *to, const void *from, unsigned long length)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
	return start;
}

__attribute__((visibility("hidden"))) void *memset(void *to, int byte, unsigned long length)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
	return start;
}
#endif

bool aet_is_owner(void)
{
	return AET_SYS0(getpid) == aet_lib.owner;
}

bool aet_goes_on(int saved_errno)
{
	if (AET_LIKELY(!aet_interrupted) || aet_errno != EINTR)
		return false;
	aet_interrupted = 0;
	aet_errno = saved_errno;
	return true;
}

enum aet_role aet_role(void)
{
	struct aet_page *page = AET_READ(aet_lib.page);

	return page ? aet_word_role(atomic_load(&page->word), aet_lib.generation) : AET_ROLE_SERVE;
}
