#include "connections/spoken.h"

#include <stdatomic.h>

#include "core/lib.h"
#include "core/table.h"
#include "phase.h"

/* After the first time it costs one load. */
static void note(bool *known, _Atomic(uint64_t) *all, uint32_t listener)
{
	if (AET_LIKELY(AET_READ(*known)))
		return;
	AET_WRITE(*known, true);
	atomic_fetch_or(all, 1ull << listener);
}

void aet_spoken_note_http(struct aet_socket *sock)
{
	if (aet_lib.page)
		note(&sock->spoke_http, &aet_lib.page->spoke_http, sock->listener);
}

void aet_spoken_note_first(struct aet_socket *sock)
{
	if (aet_lib.page)
		note(&sock->spoke_first, &aet_lib.page->spoke_first, sock->listener);
}

bool aet_spoken_is_http(const struct aet_socket *sock)
{
	const struct aet_page *page = aet_lib.page;

	return (atomic_load(&page->spoke_http) & ~atomic_load(&page->spoke_first)) >>
		sock->listener &
		1;
}
