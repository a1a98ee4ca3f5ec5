#include "state/state_c_load.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "container.h"
#include "core/lib.h"
#include "crc32c.h"
#include "state/state_c_io.h"
#include "sys.h"
#include "util.h"

int (*aet_c_load)(int fd);

static int check(const struct aet_c_mapping *base, const struct aeterna_request *request)
{
	struct aet_container_origin origin = {.generation = request->generation};
	struct aet_container_flaw flaw;

	aet_copy(origin.run_id, request->run_id, sizeof(origin.run_id));
	if (aet_container_check(base->at, base->length, &origin, &flaw) < 0)
		return aet_c_fail(EBADMSG, "state_corrupt", flaw.text);
	return 0;
}

/* Another runtime may have a section of this name and of another kind. */
static const struct aet_state_row *find(const struct aet_c_mapping *base)
{
	const struct aet_state_header *header = (const void *)base->at;
	const struct aet_state_row *rows = aet_container_rows(header);

	for (uint32_t i = 0; i < header->toc_count; i++) {
		const struct aet_state_row *row = &rows[i];

		if (row->type != AET_STATE_FILE &&
			(row->type != AET_STATE_BUFFER || row->owner != 0))
			continue;
		for (unsigned k = 0; row->name[k] == AET_C_SECTION[k]; k++)
			if (AET_C_SECTION[k] == '\0')
				return row;
	}
	return NULL;
}

static int check_file(int fd, const struct aet_state_row *row)
{
	struct aet_c_mapping file = {0};
	uint32_t checksum;

	if (!aet_c_is_final(fd) || aet_c_size_of(fd) != (int64_t)row->len)
		return aet_c_fail(
			EBADMSG, "state_corrupt", "the hook's file is not the one written");
	if (row->len > 0 && aet_c_map(&file, fd, row->len, PROT_READ, MAP_PRIVATE) < 0)
		return aet_c_fail(ENOMEM, "no_memory", "the hook's file could not be mapped");
	checksum = aet_crc32c_leaves(file.at, file.length);
	if (file.at)
		aet_c_unmap(&file);
	if (checksum != row->checksum)
		return aet_c_fail(
			EBADMSG, "state_corrupt", "the checksum of the hook's file is wrong");
	return 0;
}

/* A new open file description: the hook has to read from the beginning. */
static int reopen(const struct aeterna_request *request, const struct aet_state_row *row,
	const struct aet_c_mapping *base)
{
	int fd;

	if (row->type == AET_STATE_FILE) {
		if (row->off >= AET_MIN(request->fd_count, (uint32_t)AETERNA_FDS_MAX))
			return aet_c_fail(EBADMSG, "state_corrupt", "a descriptor is missing");
		fd = request->fds[row->off];
		(void)AET_SYS3(lseek, fd, 0, SEEK_SET);
		return check_file(fd, row) < 0 ? -EBADMSG : fd;
	}
	fd = aet_c_new_file("aeterna-hook");
	if (fd < 0 || aet_c_write_all(fd, base->at + row->off, row->len) < 0)
		return aet_c_fail(ENOMEM, "no_memory", "no memory file for the hook");
	(void)AET_SYS3(lseek, fd, 0, SEEK_SET);
	return fd;
}

static int load_from(const struct aet_c_mapping *base, const struct aeterna_request *request)
{
	const struct aet_state_row *row;
	int result;
	int fd;

	if (check(base, request) < 0)
		return -EBADMSG;
	row = find(base);
	if (!row)
		return aet_c_fail(EBADMSG, "wrong_schema",
			"another runtime wrote it: it is not the state of hooks in C");
	fd = reopen(request, row, base);
	if (fd < 0)
		return fd;
	result = aet_c_load(fd);
	(void)AET_SYS1(close, fd);
	if (aet_c_is_no_room(result))
		return aet_c_fail(-result, "no_memory", "aeterna_load_state() found no room");
	if (result < 0)
		return aet_c_fail(-result, "load_failed", "aeterna_load_state() failed");
	return 0;
}

int aet_state_c_load(const struct aeterna_request *request)
{
	struct aet_c_mapping base;
	int64_t length;
	int result;

	if (request->mechanism == AETERNA_PIPE) {
		if (aet_c_map(&base, -1, AET_STATE_PIPE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) < 0)
			return aet_c_fail(ENOMEM, "no_memory", "no memory for the state");
		length = aet_c_read_all(request->fd, &base, 0);
		if (length < 0)
			return aet_c_fail((int)-length, "state_corrupt", "the stream broke off");
		result = load_from(&(struct aet_c_mapping){base.at, (uint64_t)length}, request);
		aet_c_unmap(&base);
		return result;
	}
	length = aet_c_size_of(request->fd);
	if (!aet_c_is_final(request->fd))
		return aet_c_fail(EBADMSG, "state_corrupt", "it is not sealed");
	if (length < AET_STATE_PAGE ||
		aet_c_map(&base, request->fd, (uint64_t)length, PROT_READ, MAP_PRIVATE) < 0)
		return aet_c_fail(EBADMSG, "state_corrupt", "it is shorter than its header");
	result = load_from(&base, request);
	aet_c_unmap(&base);
	return result;
}
