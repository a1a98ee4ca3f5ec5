#include "state/state_set.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "fd.h"
#include "base/loop.h"
#include "base/memory_file.h"
#include "container.h"
#include "service/service.h"
#include "state/memory_room.h"
#include "state/prefault.h"

_Static_assert(AET_STATE_PIECES_MAX <= AET_PREFAULT_FILES, "all pieces can be faulted in at once");

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static uint64_t
	last_bytes[AET_STATE_PIECES_MAX]; /* of the containers sealed last, or as estimated */

static uint64_t size_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) < 0 ? 0 : (uint64_t)info.st_size;
}

void aet_state_piece_clear(struct aet_state_piece *piece)
{
	aet_state_stream_close(&piece->stream);
	aet_fd_close(&piece->fd);
	aet_fd_list_clear(&piece->beside);
	aet_sections_clear(&piece->sections);
	*piece = (struct aet_state_piece){.fd = -1};
}

void aet_state_set_clear(struct aet_state_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		aet_state_piece_clear(&set->pieces[i]);
	set->count = 0;
	set->bytes = 0;
}

int aet_state_piece_make(struct aet_state_piece *piece)
{
	int fd = piece->fd >= 0 ? piece->fd : aet_memory_file("aeterna-state");

	if (fd < 0)
		return fd;
	piece->fd = fd;
	return 0;
}

/* Begins to fault in each piece, as large as it was the last time. */
static void prefault(struct aet_state_set *set)
{
	int fds[AET_STATE_PIECES_MAX];

	for (unsigned i = 0; i < set->count; i++) {
		if (aet_state_piece_make(&set->pieces[i]) < 0)
			return; /* the dump will report that memory is short */
		fds[i] = set->pieces[i].fd;
	}
	(void)aet_prefault_begin(fds, last_bytes, set->count);
}

void aet_state_set_open(
	struct aet_state_set *set, unsigned count, enum aet_mechanism mechanism, uint32_t writer)
{
	aet_state_set_clear(set);
	for (unsigned i = 0; i < count; i++)
		set->pieces[i] = (struct aet_state_piece){.fd = -1};
	set->count = count;
	set->mechanism = mechanism;
	set->writer = writer;
	memcpy(set->run_id, aet_service.run_id, sizeof(set->run_id));
}

void aet_state_set_prefault(struct aet_state_set *set)
{
	if (set->mechanism == AET_MECHANISM_SHM)
		prefault(set);
}

bool aet_state_set_wants_size(const struct aet_state_set *set)
{
	return set->count > 0 && set->mechanism == AET_MECHANISM_SHM && last_bytes[0] == 0;
}

void aet_state_set_expect(struct aet_state_set *set, const uint64_t *bytes)
{
	uint64_t room = aet_memory_room("") / 2;
	uint64_t all = 0;

	for (unsigned i = 0; i < set->count; i++)
		all += bytes[i];
	if (all > room || !aet_state_set_wants_size(set))
		return;
	memcpy(last_bytes, bytes, set->count * sizeof(*bytes));
	prefault(set);
}

/* A file that is no memfd cannot be sealed (EPERM): its reader copies it before trusting it. */
static int seal(const struct aet_state_piece *piece, bool is_exact, uint64_t *ret_bytes)
{
	struct aet_state_header header;

	if (pread(piece->fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		header.total_len < sizeof(header) || header.total_len > size_of(piece->fd))
		return -EBADMSG;
	if (is_exact && header.total_len < size_of(piece->fd))
		return -E2BIG;
	if (ftruncate(piece->fd, (off_t)header.total_len) < 0 ||
		(fcntl(piece->fd, F_ADD_SEALS, SEALS) < 0 && errno != EPERM))
		return -errno;
	*ret_bytes = header.total_len;
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int aet_state_set_seal(struct aet_state_set *set)
{
	set->bytes = 0;
	for (unsigned i = 0; i < set->count; i++) {
		const struct aet_state_piece *piece = &set->pieces[i];
		uint64_t bytes = 0;
		int result = seal(piece, set->mechanism == AET_MECHANISM_PIPE, &bytes);

		if (result < 0)
			return result;
		if (!set->is_changes)
			last_bytes[i] = bytes;
		set->bytes += bytes;
		set->bytes += aet_fd_list_bytes(&piece->beside);
	}
	set->sealed_us = aet_now_us();
	set->created_ns = now_ns();
	return 0;
}

static int check(const struct aet_state_piece *piece, uint32_t writer, const char **ret_flaw)
{
	struct aet_container_origin origin = {.generation = writer};
	struct aet_container_flaw flaw = {.text = "it could not be mapped"};
	uint64_t length = size_of(piece->fd);
	void *base = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, piece->fd, 0);
	int result = -EBADMSG;

	memcpy(origin.run_id, aet_service.run_id, sizeof(origin.run_id));
	if (base != MAP_FAILED) {
		result = aet_container_check(base, length, &origin, &flaw);
		(void)munmap(base, (size_t)length);
	}
	if (result < 0)
		*ret_flaw = flaw.text;
	return result;
}

int aet_state_set_check(const struct aet_state_set *set, const char **ret_flaw)
{
	int result = 0;

	for (unsigned i = 0; i < set->count && result == 0; i++)
		result = check(&set->pieces[i], set->writer, ret_flaw);
	return result;
}

void aet_state_set_move(struct aet_state_set *to, struct aet_state_set *from)
{
	aet_state_set_clear(to);
	*to = *from;
	for (unsigned i = 0; i < to->count; i++)
		aet_fd_list_end_sockets(&to->pieces[i].beside);
	for (unsigned i = 0; i < from->count; i++)
		from->pieces[i] = (struct aet_state_piece){.fd = -1};
	from->count = 0;
}

static int copy_piece(struct aet_state_piece *ret, const struct aet_state_piece *piece)
{
	int result = 0;

	*ret = (struct aet_state_piece){.fd = fcntl(piece->fd, F_DUPFD_CLOEXEC, 0), .done = true};
	if (ret->fd < 0)
		return -errno;
	for (unsigned i = 0; i < piece->beside.count && result == 0; i++) {
		int fd = piece->beside.fds[i];

		if (fd < 0) {
			result = aet_fd_list_add_ended(&ret->beside);
			continue;
		}
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		result = fd < 0 ? -errno : aet_fd_list_add(&ret->beside, fd);
	}
	return result;
}

int aet_state_set_copy(struct aet_state_set *ret, const struct aet_state_set *set)
{
	int result = 0;

	*ret = *set;
	ret->count = 0;
	for (unsigned i = 0; i < set->count && result == 0; i++) {
		result = copy_piece(&ret->pieces[i], &set->pieces[i]);
		ret->count = i + 1;
	}
	if (result < 0)
		aet_state_set_clear(ret);
	return result;
}
