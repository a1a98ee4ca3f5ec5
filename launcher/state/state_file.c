#include "state/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "aeterna/state.h"
#include "crc32c.h"
#include "state/state_bytes.h"
#include "state/state_set.h"
#include "util.h"

struct plan {
	struct aet_state_file_part *parts; /* owned */
	int *fds; /* owned; whose bytes they are, -1: of a socket */
	uint32_t count;
};

static uint64_t next_page(uint64_t at)
{
	return (at + AET_STATE_FILE_PAGE - 1) / AET_STATE_FILE_PAGE * AET_STATE_FILE_PAGE;
}

/* --- what cannot be written --- */

static const char *look_at_row(const struct aet_state_row *row)
{
	if (row->type == AET_STATE_ARENA)
		return "it has an arena, which the program goes on writing";
	if (row->type == AET_STATE_HANDLE)
		return "it has a handle, which means nothing in a file";
	return NULL;
}

static const char *look_at_container(int fd)
{
	struct aet_state_header header;
	const char *refusal = NULL;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		header.toc_count > AET_STATE_ROWS_MAX)
		return "its container is broken";
	for (uint32_t i = 0; i < header.toc_count && !refusal; i++) {
		struct aet_state_row row;

		if (pread(fd, &row, sizeof(row), (off_t)(header.toc_off + i * sizeof(row))) !=
			(ssize_t)sizeof(row))
			return "its container is broken";
		refusal = look_at_row(&row);
	}
	return refusal;
}

const char *aet_state_file_refusal(const struct aet_state_set *set)
{
	const char *refusal = NULL;

	for (unsigned i = 0; i < set->count && !refusal; i++) {
		const struct aet_fd_list *beside = &set->pieces[i].beside;

		refusal = look_at_container(set->pieces[i].fd);
		for (unsigned k = 0; k < beside->count && !refusal; k++) {
			struct stat info;

			if (beside->fds[k] >= 0 && fstat(beside->fds[k], &info) == 0 &&
				!S_ISREG(info.st_mode) && !S_ISSOCK(info.st_mode))
				refusal = "a descriptor of it is neither a file nor a socket";
		}
	}
	return refusal;
}

/* --- the plan --- */

static void add(struct plan *plan, uint64_t *at, uint32_t piece, uint32_t kind, int fd)
{
	struct aet_state_file_part *part = &plan->parts[plan->count];
	struct stat info = {0};

	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode)) {
		kind = AET_STATE_FILE_SOCKET;
		info.st_size = 0;
		fd = -1;
	}
	*part = (struct aet_state_file_part){
		.kind = kind, .piece = piece, .off = *at, .len = (uint64_t)info.st_size};
	plan->fds[plan->count++] = fd;
	*at = next_page(*at + part->len);
}

static int make_plan(const struct aet_state_set *set, struct plan *ret, uint64_t *ret_total)
{
	uint64_t count = 0;
	uint64_t at;

	for (unsigned i = 0; i < set->count; i++)
		count += 1 + set->pieces[i].beside.count;
	if (count == 0 || count > AET_STATE_FILE_PARTS)
		return -E2BIG;
	*ret = (struct plan){.parts = calloc(count, sizeof(*ret->parts)),
		.fds = calloc(count, sizeof(*ret->fds))};
	if (!ret->parts || !ret->fds)
		return -ENOMEM;
	at = next_page(AET_STATE_FILE_PAGE + count * sizeof(*ret->parts));
	for (unsigned i = 0; i < set->count; i++) {
		const struct aet_fd_list *beside = &set->pieces[i].beside;

		add(ret, &at, i, AET_STATE_FILE_CONTAINER, set->pieces[i].fd);
		for (unsigned k = 0; k < beside->count; k++)
			add(ret, &at, i,
				beside->fds[k] < 0 ? AET_STATE_FILE_SOCKET : AET_STATE_FILE_FILE,
				beside->fds[k]);
	}
	*ret_total = at;
	return 0;
}

/* --- the bytes --- */

static int write_header(int fd, const struct aet_state_set *set, const struct plan *plan,
	uint64_t total, const char *why)
{
	struct aet_state_file_header header = {.magic = AET_STATE_FILE_MAGIC,
		.format = AET_STATE_FILE_FORMAT,
		.header_len = AET_STATE_FILE_PAGE,
		.byte_order = AET_STATE_FILE_ORDER,
		.pieces = set->count,
		.total_len = total,
		.generation = set->writer,
		.created_ns = set->created_ns,
		.parts_off = AET_STATE_FILE_PAGE,
		.part_count = plan->count,
		.part_size = sizeof(*plan->parts),
		.parts_crc = aet_crc32c(plan->parts, plan->count * sizeof(*plan->parts)),
		.mechanism = set->mechanism == AET_MECHANISM_PIPE ? AETERNA_PIPE : AETERNA_SHM};

	memcpy(header.run_id, set->run_id, sizeof(header.run_id));
	(void)snprintf(header.why, sizeof(header.why), "%s", why);
	header.crc = aet_crc32c(&header, offsetof(struct aet_state_file_header, crc));
	return aet_state_bytes_put(fd, &header, sizeof(header), 0);
}

static int write_all(int fd, const struct aet_state_set *set, struct plan *plan, uint64_t total,
	const char *why, uint8_t *buffer)
{
	int result = ftruncate(fd, (off_t)total) < 0 ? -errno : 0;

	for (uint32_t i = 0; i < plan->count && result == 0; i++)
		result = aet_state_bytes_copy((struct aet_state_place){fd, plan->parts[i].off},
			(struct aet_state_place){plan->fds[i], 0}, plan->parts[i].len, buffer,
			&plan->parts[i].checksum);
	if (result == 0)
		result = aet_state_bytes_put(
			fd, plan->parts, plan->count * sizeof(*plan->parts), AET_STATE_FILE_PAGE);
	if (result == 0)
		result = write_header(fd, set, plan, total, why);
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	return result;
}

int aet_state_file_write(int fd, const struct aet_state_set *set, const char *why)
{
	struct plan plan = {0};
	uint64_t total = 0;
	uint8_t *buffer = malloc(AET_STATE_LEAF);
	int result = buffer ? make_plan(set, &plan, &total) : -ENOMEM;

	if (result == 0)
		result = write_all(fd, set, &plan, total, why, buffer);
	free(plan.parts);
	free(plan.fds);
	free(buffer);
	return result;
}
