/*
 * Somebody else's preload library: what a dump has written is damaged on its way to the launcher, as
 * the first line of the file tamper in DIR says. By shared memory the container is changed after its
 * last byte and before its writer reports it; a stream goes through a process of ours. FLIP PLACE: one
 * byte is another one, in the header, the commit record, the table of contents (toc), a row's section
 * (0, 1, ...) or in the N-th file that travels beside it (file0, ...). LONGER, SHORTER: the length it
 * says, all checksums right. CUT, MORE: half of it arrives, or a page more; DIE: its writer dies then.
 */
#include <aeterna/state.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_copy; /* this process was forked, by a dump or for one */
static bool is_streamed;
static char what[16];
static char where[16];

static bool has(const char *word)
{
	return strcmp(what, word) == 0;
}

static void read_words(void)
{
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tamper", getenv("DIR") ? getenv("DIR") : ".");
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%15s %15s", what, where) < 1)
		what[0] = '\0';
	fclose(file);
}

/* Bit by bit: the header is all it is for. */
static uint32_t crc32c(const void *bytes, size_t length)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < length; i++) {
		crc ^= ((const uint8_t *)bytes)[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void say_length(struct aet_state_header *header, uint64_t length)
{
	header->total_len = header->commit_len = length;
	header->crc = crc32c(header, offsetof(struct aet_state_header, crc));
	header->commit_crc = crc32c(&header->state,
		offsetof(struct aet_state_header, commit_crc) -
			offsetof(struct aet_state_header, state));
}

static void flip(uint8_t *base)
{
	struct aet_state_header *header = (void *)base;
	const struct aet_state_row *rows = (const void *)(base + header->toc_off);

	if (!strcmp(where, "header"))
		base[offsetof(struct aet_state_header, created_ns)] ^= 0x10;
	else if (!strcmp(where, "commit"))
		base[offsetof(struct aet_state_header, toc_crc)] ^= 0x10;
	else if (!strcmp(where, "toc"))
		base[header->toc_off + offsetof(struct aet_state_row, schema_version)] ^= 0x10;
	else if (where[0] >= '0' && where[0] <= '9' && (unsigned)atoi(where) < header->toc_count)
		base[rows[atoi(where)].off + rows[atoi(where)].len / 2] ^= 0x10;
}

static void damage(uint8_t *base)
{
	struct aet_state_header *header = (void *)base;

	if (has("flip"))
		flip(base);
	if (has("longer"))
		say_length(header, header->total_len + 1);
	if (has("shorter"))
		say_length(header, AET_STATE_PAGE);
}

/* --- by shared memory --- */

static bool is_container(int fd)
{
	char path[64];
	char name[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 &&
		strstr(name, "/memfd:aeterna-state") == name;
}

/* Unnamed, and another process made the pair: the launcher. */
static bool is_stream(int fd)
{
	struct ucred maker = {0};
	struct sockaddr_storage name;
	int type = 0;
	int listens = 0;
	socklen_t length = sizeof(int);
	socklen_t size = sizeof(name);
	socklen_t maker_size = sizeof(maker);

	return fd > 2 && !getsockname(fd, (struct sockaddr *)&name, &size) &&
		name.ss_family == AF_UNIX && size == sizeof(sa_family_t) &&
		!getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) && type == SOCK_STREAM &&
		!getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) && !listens &&
		!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &maker, &maker_size) &&
		maker.pid != getppid();
}

/* The first descriptor of which this is true; -1: none. */
static int find(bool (*is_it)(int fd))
{
	DIR *all = opendir("/proc/self/fd");
	int found = -1;

	for (struct dirent *one; all && found < 0 && (one = readdir(all));)
		if (one->d_name[0] != '.' && is_it(atoi(one->d_name)))
			found = atoi(one->d_name);
	if (all)
		closedir(all);
	return found;
}

static void damage_memory(void)
{
	int fd = find(is_container);
	struct stat info;
	uint8_t *base;

	if (fd < 0 || fstat(fd, &info) < 0)
		return;
	if (has("cut")) {
		(void)!ftruncate(fd, info.st_size / 2);
		return;
	}
	base = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return;
	damage(base);
	munmap(base, (size_t)info.st_size);
}

/* A file that is sealed already cannot be changed any more: another one takes its place. */
static int damaged_file(int fd)
{
	int other = memfd_create("tampered", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t bytes[4096];
	off_t at = 0;

	for (ssize_t got; (got = pread(fd, bytes, sizeof(bytes), at)) > 0; at += got) {
		bytes[0] ^= at == 0 ? 0x10 : 0; /* the first one of all */
		if (write(other, bytes, (size_t)got) != got)
			_exit(1);
	}
	fcntl(other, F_ADD_SEALS, fcntl(fd, F_GET_SEALS));
	return other;
}

int aeterna_report(int error, const char *reason, const char *text, const int *fds, uint32_t count)
{
	int (*next)(int, const char *, const char *, const int *, uint32_t) =
		dlsym(RTLD_NEXT, "aeterna_report");
	int *all = count ? malloc(count * sizeof(*all)) : NULL;

	if (is_copy && has("die") && !is_streamed)
		raise(SIGKILL);
	while (is_copy && has("die"))
		pause(); /* whoever reads the stream sees to it */
	if (is_copy && error == 0)
		damage_memory();
	for (uint32_t i = 0; i < count; i++)
		all[i] = fds[i];
	if (is_copy && has("flip") && !strncmp(where, "file", 4) &&
		(unsigned)atoi(where + 4) < count)
		all[atoi(where + 4)] = damaged_file(fds[atoi(where + 4)]);
	return next(error, reason, text, all, count);
}

/* --- by a stream --- */

static void put(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, bytes, length);

		if (done <= 0)
			_exit(1);
		bytes += done;
		length -= (size_t)done;
	}
}

/* Between the writer and the launcher. */
static void pass_on(int from, int to, pid_t writer)
{
	static uint8_t bytes[(64 << 20) + AET_STATE_PAGE];
	size_t length = 0;

	for (ssize_t got; (got = read(from, bytes + length, sizeof(bytes) - length)) > 0;) {
		length += (size_t)got;
		if (has("die") && length >= AET_STATE_PAGE) {
			put(to, bytes, length / 2);
			kill(writer, SIGKILL);
			_exit(0);
		}
	}
	if (length > AET_STATE_PAGE)
		damage(bytes);
	put(to, bytes, has("cut") ? length / 2 : length + (has("more") ? AET_STATE_PAGE : 0));
	_exit(0);
}

static void put_between(int stream)
{
	int ends[2];
	pid_t writer = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		_exit(1);
	if (_Fork() == 0) {
		for (int fd = 3; fd < 1024; fd++) /* others wait for the end of what it has */
			if (fd != ends[0] && fd != stream)
				close(fd);
		pass_on(ends[0], stream, writer);
	}
	dup2(ends[1], stream);
	close(ends[0]);
	close(ends[1]);
}

/* In the copy of the program; not in a copy of the copy. */
static void on_fork(void)
{
	int stream;

	if (is_copy)
		return;
	is_copy = true;
	read_words();
	stream = what[0] ? find(is_stream) : -1;
	is_streamed = stream >= 0;
	if (is_streamed)
		put_between(stream);
}

__attribute__((constructor)) static void start(void)
{
	pthread_atfork(NULL, NULL, on_fork);
}
