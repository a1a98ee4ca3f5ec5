#include "state/state_file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "aeterna/state.h"
#include "base/loop.h"
#include "base/memory_file.h"
#include "crc32c.h"
#include "state/state_bytes.h"
#include "state/state_set.h"
#include "util.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int flaw(struct aet_state_file_flaw *ret, int result, const char *reason, const char *text)
{
	ret->reason = reason;
	(void)snprintf(ret->text, sizeof(ret->text), "%s", text);
	return result;
}

static int torn(struct aet_state_file_flaw *ret, const char *text)
{
	return flaw(ret, -EBADMSG, "state_corrupt", text);
}

int aet_state_file_open(int dir, const char *path, struct aet_state_file_flaw *ret_flaw)
{
	int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int error = errno;

	if (fd >= 0)
		return fd;
	if (error == ELOOP)
		return flaw(ret_flaw, -ELOOP, "wrong_owner", "it is a symbolic link");
	return flaw(
		ret_flaw, -error, error == ENOENT ? "not_found" : "wrong_owner", strerror(error));
}

static int check_owner(int fd, struct stat *ret_info, struct aet_state_file_flaw *ret_flaw)
{
	if (fstat(fd, ret_info) < 0 || !S_ISREG(ret_info->st_mode))
		return flaw(ret_flaw, -EPERM, "wrong_owner", "it is not a regular file");
	if (ret_info->st_uid != geteuid() && ret_info->st_uid != 0)
		return flaw(ret_flaw, -EPERM, "wrong_owner",
			"it belongs to another user, and a pickle is code");
	if (ret_info->st_mode & (S_IWGRP | S_IWOTH))
		return flaw(ret_flaw, -EPERM, "wrong_owner",
			"others than its owner may write it, and a pickle is code");
	return 0;
}

static int check_header(const struct aet_state_file_header *header, uint64_t size,
	struct aet_state_file_flaw *ret_flaw)
{
	char text[96];

	if (memcmp(header->magic, AET_STATE_FILE_MAGIC, sizeof(header->magic)) != 0)
		return torn(ret_flaw, "it does not begin like a state file");
	if (header->format != AET_STATE_FILE_FORMAT || header->byte_order != AET_STATE_FILE_ORDER) {
		(void)snprintf(text, sizeof(text), "it has format %u, and this launcher reads %u",
			header->format, AET_STATE_FILE_FORMAT);
		return flaw(ret_flaw, -EPROTO, "wrong_format", text);
	}
	if (header->crc != aet_crc32c(header, offsetof(struct aet_state_file_header, crc)))
		return torn(ret_flaw, "the checksum of its header is wrong");
	if (header->total_len != size)
		return torn(ret_flaw, "it does not have the length that its header says");
	if (header->pieces == 0 || header->pieces > AET_STATE_PIECES_MAX ||
		header->part_count == 0 || header->part_count > AET_STATE_FILE_PARTS ||
		header->part_size != sizeof(struct aet_state_file_part) ||
		header->parts_off > size ||
		header->part_count * (uint64_t)header->part_size > size - header->parts_off)
		return torn(ret_flaw, "its table of parts is out of bounds");
	return 0;
}

int aet_state_file_check(
	int fd, struct aet_state_file_header *ret_header, struct aet_state_file_flaw *ret_flaw)
{
	struct stat info;
	int result = check_owner(fd, &info, ret_flaw);

	if (result < 0)
		return result;
	if (aet_state_bytes_get(fd, ret_header, sizeof(*ret_header), 0) < 0)
		return torn(ret_flaw, "it is shorter than its header");
	ret_header->why[sizeof(ret_header->why) - 1] = '\0';
	return check_header(ret_header, (uint64_t)info.st_size, ret_flaw);
}

/* The table of parts, for the caller to free; NULL with *ret_flaw. */
static struct aet_state_file_part *read_parts(
	int fd, const struct aet_state_file_header *header, struct aet_state_file_flaw *ret_flaw)
{
	size_t size = header->part_count * sizeof(struct aet_state_file_part);
	struct aet_state_file_part *parts = malloc(size);

	if (!parts) {
		(void)flaw(ret_flaw, -ENOMEM, "no_memory", "no memory for its table of parts");
		return NULL;
	}
	if (aet_state_bytes_get(fd, parts, size, header->parts_off) == 0 &&
		aet_crc32c(parts, size) == header->parts_crc)
		return parts;
	(void)torn(ret_flaw, "the checksum of its table of parts is wrong");
	free(parts);
	return NULL;
}

/* Parts lie in the file, and each piece begins with its container. */
static bool is_sound(
	const struct aet_state_file_header *header, const struct aet_state_file_part *parts)
{
	uint32_t pieces = 0;

	for (uint32_t i = 0; i < header->part_count; i++) {
		const struct aet_state_file_part *part = &parts[i];

		if (part->kind < AET_STATE_FILE_CONTAINER || part->kind > AET_STATE_FILE_SOCKET ||
			part->off > header->total_len || part->len > header->total_len - part->off)
			return false;
		pieces += part->kind == AET_STATE_FILE_CONTAINER;
		if (pieces == 0 || part->piece != pieces - 1)
			return false;
	}
	return pieces == header->pieces;
}

static int make_part(struct aet_state_set *set, const struct aet_state_file_part *part)
{
	struct aet_state_piece *piece = &set->pieces[part->piece];
	int fd;

	set->bytes += part->len;
	if (part->kind == AET_STATE_FILE_CONTAINER) {
		*piece = (struct aet_state_piece){.fd = -1};
		set->count = part->piece + 1;
		return aet_state_piece_make(piece);
	}
	if (part->kind == AET_STATE_FILE_SOCKET)
		return aet_fd_list_add_ended(&piece->beside);
	fd = aet_memory_file("aeterna-hook");
	return fd < 0 ? fd : aet_fd_list_add(&piece->beside, fd);
}

static void take_origin(struct aet_state_set *set, const struct aet_state_file_header *header)
{
	struct timespec now;
	uint64_t now_ns;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	*set = (struct aet_state_set){.mechanism = header->mechanism == AETERNA_PIPE
			? AET_MECHANISM_PIPE
			: AET_MECHANISM_SHM,
		.writer = (uint32_t)header->generation,
		.created_ns = header->created_ns};
	memcpy(set->run_id, header->run_id, sizeof(set->run_id));
	/* The monotonic clock may have begun after it: the difference is right all the same. */
	set->sealed_us = aet_now_us() -
		(now_ns > header->created_ns ? now_ns - header->created_ns : 0) / 1000;
}

/* The header and its parts, which the caller frees; what is refused is said. */
static int read_head(int fd, struct aet_state_file_header *ret_header,
	struct aet_state_file_part **ret_parts, struct aet_state_file_flaw *ret_flaw)
{
	int result = aet_state_file_check(fd, ret_header, ret_flaw);

	if (result < 0)
		return result;
	*ret_parts = read_parts(fd, ret_header, ret_flaw);
	return *ret_parts ? 0 : -EBADMSG;
}

int aet_state_file_lay_out(
	int fd, struct aet_state_set *ret_set, struct aet_state_file_flaw *ret_flaw)
{
	struct aet_state_file_header header;
	struct aet_state_file_part *parts = NULL;
	int result = read_head(fd, &header, &parts, ret_flaw);

	if (result < 0)
		return result;
	take_origin(ret_set, &header);
	if (!is_sound(&header, parts))
		result = torn(ret_flaw, "its table of parts makes no sense");
	for (uint32_t i = 0; i < header.part_count && result == 0; i++)
		if (make_part(ret_set, &parts[i]) < 0)
			result = flaw(ret_flaw, -ENOMEM, "no_memory", "no memory files for it");
	free(parts);
	if (result < 0)
		aet_state_set_clear(ret_set);
	return result;
}

/* -EBADMSG: the bytes are not those that were written; or another -errno. */
static int copy(int from, int to, const struct aet_state_file_part *part, uint8_t *buffer)
{
	uint32_t checksum = 0;
	int result = aet_state_bytes_copy((struct aet_state_place){to, 0},
		(struct aet_state_place){from, part->off}, part->len, buffer, &checksum);

	if (result == 0 && checksum != part->checksum)
		result = -EBADMSG;
	if (result == 0 && fcntl(to, F_ADD_SEALS, SEALS) < 0 && errno != EPERM)
		result = -errno;
	return result;
}

static int fill(int fd, const struct aet_state_file_header *header,
	const struct aet_state_file_part *parts, struct aet_state_set *set, uint8_t *buffer)
{
	unsigned beside = 0;
	int result = 0;

	for (uint32_t i = 0; i < header->part_count && result == 0; i++) {
		const struct aet_state_file_part *part = &parts[i];
		bool begins = part->kind == AET_STATE_FILE_CONTAINER;
		struct aet_state_piece *piece;

		beside = begins ? 0 : beside + 1;
		if (part->piece >= set->count || beside > set->pieces[part->piece].beside.count)
			return -EBADMSG; /* it is not the table of before */
		piece = &set->pieces[part->piece];
		if (part->kind != AET_STATE_FILE_SOCKET)
			result = copy(fd, begins ? piece->fd : piece->beside.fds[beside - 1], part,
				buffer);
	}
	return result;
}

int aet_state_file_fill(int fd, struct aet_state_set *set, struct aet_state_file_flaw *ret_flaw)
{
	struct aet_state_file_header header;
	struct aet_state_file_part *parts = NULL;
	uint8_t *buffer;
	int result = read_head(fd, &header, &parts, ret_flaw);

	if (result < 0)
		return result;
	buffer = malloc(AET_STATE_LEAF);
	result = buffer ? fill(fd, &header, parts, set, buffer) : -ENOMEM;
	free(buffer);
	free(parts);
	if (result == -EBADMSG)
		return torn(ret_flaw, "the checksum of its bytes is wrong");
	if (result < 0)
		return flaw(ret_flaw, result, "no_memory", "no memory for what it holds");
	return 0;
}
