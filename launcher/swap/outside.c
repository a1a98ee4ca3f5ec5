#include "swap/outside.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/text_file.h"
#include "config/config.h"
#include "listen/listener.h"
#include "process/bypass.h"
#include "process/generation.h"

#define LOOK_MS     3000 /* after the start: most programs listen by then */
#define DETAIL_SIZE 320

static struct aet_timer timer;
static uint32_t watched;

/* "a", or "process" where it may not be read. */
static void read_name(pid_t pid, char *ret_name, size_t size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (aet_text_file_read(path, ret_name, size) == 0)
		(void)snprintf(ret_name, size, "?");
	ret_name[strcspn(ret_name, "\n")] = '\0';
}

static bool has_kept(const struct aet_generation *generation)
{
	AET_FOREACH_LISTENER(l)
		if (l->adopted == generation->number)
			return true;
	return false;
}

static void describe_ring(const struct aet_bypass *bypass, char *ret_text, size_t size)
{
	char name[32];

	read_name(bypass->ring_pid, name, sizeof(name));
	(void)snprintf(ret_text, size,
		"process %d (%s) accepts connections through an io_uring, past the library: "
		"configure that off",
		(int)bypass->ring_pid, name);
}

static void describe_listener(const struct aet_bypass *bypass, char *ret_text, size_t size)
{
	char address[AET_ADDRESS_TEXT];
	char name[32];

	read_name(bypass->pid, name, sizeof(name));
	(void)aet_address_format(&bypass->address, address, sizeof(address));
	(void)snprintf(ret_text, size,
		"process %d (%s) listens on %s without the library: set service.listen and let it "
		"use FD 3, or handoff.overlap: false",
		(int)bypass->pid, name, address);
}

static void on_look(struct aet_timer *unused)
{
	const struct aet_generation *generation = aet_generation_get(watched);
	char detail[DETAIL_SIZE];
	struct aet_bypass bypass;

	(void)unused;
	if (!generation || generation->is_static)
		return;
	aet_bypass_find(generation, &bypass);
	if (bypass.ring_pid) {
		describe_ring(&bypass, detail, sizeof(detail));
		aet_log_warning("%s: swaps are refused", detail);
	}
	if (bypass.pid) {
		describe_listener(&bypass, detail, sizeof(detail));
		aet_log_warning("%s", detail);
	}
}

void aet_outside_watch(const struct aet_generation *generation)
{
	watched = generation->number;
	aet_timer_start(&timer, LOOK_MS, on_look, NULL);
}

bool aet_outside_refuses(const struct aet_generation *generation, const struct aet_config *config,
	char *ret_detail, size_t size)
{
	bool waits = config->ready == AET_READY_ACCEPT || config->ready == AET_READY_LISTEN;
	struct aet_bypass bypass;

	if (generation->is_static)
		return false;
	aet_bypass_find(generation, &bypass);
	if (bypass.ring_pid) {
		describe_ring(&bypass, ret_detail, size);
		return true;
	}
	/* Beside kept ones it is a helper's, and where no listener is waited for, too. */
	if (!bypass.pid || !waits || has_kept(generation))
		return false;
	describe_listener(&bypass, ret_detail, size);
	return true;
}
