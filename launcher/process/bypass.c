#include "process/bypass.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "base/directory.h"
#include "base/text_file.h"
#include "fd.h"
#include "listen/diag.h"
#include "listen/listener.h"
#include "process/generation.h"

#define STATE_LISTEN  10
#define STRANGERS_MAX 256
#define TEXT_SIZE     65536
#define RING          "anon_inode:[io_uring]"
#define LIBRARY       "libaeterna_preload.so"

/* A request of a ring that waits for its file, io_uring_show_fdinfo(): 13 is IORING_OP_ACCEPT. */
#define PENDING_ACCEPT "op=13,"

struct stranger {
	uint32_t inode;
	struct aet_address address;
};

struct search {
	struct aet_bypass *bypass;
	struct stranger strangers[STRANGERS_MAX]; /* listening sockets that are not kept */
	int count;
};

static char text[TEXT_SIZE];

static int take_listening(const void *data, size_t length, void *search_data)
{
	const struct aet_diag_inet_answer *answer = data;
	struct search *search = search_data;
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = answer->id.source_port};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = answer->id.source_port};
	const void *name = answer->family == AF_INET ? (void *)&in : (void *)&in6;
	socklen_t size = answer->family == AF_INET ? sizeof(in) : sizeof(in6);
	bool is_placeholder;
	uint64_t cookie;

	if (length < sizeof(*answer) || search->count == STRANGERS_MAX)
		return 0;
	cookie = (uint64_t)answer->id.cookie[1] << 32 | answer->id.cookie[0];
	if (aet_listener_by_cookie(cookie, &is_placeholder))
		return 0;
	memcpy(&in.sin_addr, answer->id.source, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, answer->id.source, sizeof(in6.sin6_addr));
	search->strangers[search->count].inode = answer->inode;
	if (aet_address_from_sockaddr(
		    name, size, SOCK_STREAM, &search->strangers[search->count].address) == 0)
		search->count++;
	return 0;
}

static void find_strangers(struct search *search)
{
	AET_CLOSE int fd = aet_diag_open();

	if (fd < 0)
		return;
	(void)aet_diag_ask_tcp(fd, AF_INET, 1u << STATE_LISTEN, take_listening, search);
	(void)aet_diag_ask_tcp(fd, AF_INET6, 1u << STATE_LISTEN, take_listening, search);
}

static bool has_library(pid_t pid)
{
	char path[32];
	FILE *maps;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && !found && fgets(text, sizeof(text), maps))
		found = strstr(text, LIBRARY) != NULL;
	if (maps)
		(void)fclose(maps);
	return found || !maps;
}

static bool accepts_by_ring(pid_t pid, const char *number)
{
	char path[320];

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, number);
	(void)aet_text_file_read(path, text, sizeof(text));
	return strstr(text, PENDING_ACCEPT) != NULL;
}

static const struct stranger *find_stranger(const struct search *search, const char *target)
{
	uint32_t inode;

	if (sscanf(target, "socket:[%u]", &inode) == 1)
		for (int i = 0; i < search->count; i++)
			if (search->strangers[i].inode == inode)
				return &search->strangers[i];
	return NULL;
}

static void look_at_process(pid_t pid, void *data)
{
	struct search *search = data;
	struct aet_bypass *bypass = search->bypass;
	struct aet_directory directory;
	const struct stranger *stranger;
	const char *name;
	char path[32];
	char target[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	aet_directory_open(&directory, path);
	while ((name = aet_directory_next(&directory))) {
		ssize_t length = readlinkat(directory.fd, name, target, sizeof(target) - 1);

		target[length < 0 ? 0 : length] = '\0';
		if (bypass->ring_pid == 0 && strcmp(target, RING) == 0 &&
			accepts_by_ring(pid, name))
			bypass->ring_pid = pid;
		stranger = bypass->pid == 0 ? find_stranger(search, target) : NULL;
		if (stranger && !has_library(pid)) {
			bypass->pid = pid;
			bypass->address = stranger->address;
		}
	}
	aet_directory_close(&directory);
}

void aet_bypass_find(const struct aet_generation *generation, struct aet_bypass *ret_bypass)
{
	static struct search search;

	*ret_bypass = (struct aet_bypass){0};
	search.bypass = ret_bypass;
	search.count = 0;
	find_strangers(&search);
	(void)aet_generation_visit(generation, look_at_process, &search);
}
