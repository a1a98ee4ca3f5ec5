#include "core/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "core/lib.h"
#include "core/lock.h"
#include "core/page_lock.h"
#include "core/signals.h"
#include "core/table.h"
#include "core/upcalls.h"
#include "sys.h"

#define ANSWER_TIMEOUT_S 2 /* the launcher never blocks: after this it is stuck or gone */
#define NOTE_MS          20 /* thousands of notes at once can fill the socket */

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* The name of the launcher's socket is found in one network namespace alone (unix(7)). 0: a kernel
 * before 5.14 does not say which one that is. */
static uint64_t network_of(int fd)
{
	uint64_t cookie = 0;
	int length = sizeof(cookie);

	(void)AET_SYS5(getsockopt, fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length);
	return cookie;
}

/* A connected socket, or -errno. */
static int dial(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = ANSWER_TIMEOUT_S};
	unsigned length = 0;
	int fd = (int)AET_SYS3(socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	long result;

	if (fd < 0)
		return fd;
	while (aet_lib.control[length]) {
		name.sun_path[length + 1] = aet_lib.control[length];
		length++;
	}
	length += (unsigned)offsetof(struct sockaddr_un, sun_path) + 1;
	(void)AET_SYS5(setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)AET_SYS5(setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	result = AET_SYS3(connect, fd, &name, length);
	if (result < 0) {
		(void)AET_SYS1(close, fd);
		return (int)result;
	}
	return fd;
}

static int exchange(int fd, unsigned type, void *request, size_t length, const int *fds,
	int fd_count, struct aet_message *ret_reply, size_t reply_length)
{
	struct aet_hello *generic = request; /* every request starts alike */
	int result;

	aet_header_init(&generic->header, type, 0, 0);
	generic->credential = aet_lib.credential;
	result = aet_message_send(fd, request, length, fds, fd_count, 0);
	if (result < 0)
		return result;
	result = aet_message_receive(fd, ret_reply, 0);
	if (result < 0)
		return result;
	if (result == 0)
		return -ECONNRESET;
	if (ret_reply->header.error == 0 &&
		aet_message_body(ret_reply, type | AET_WIRE_REPLY, reply_length))
		return 0;
	result = ret_reply->header.error ? -ret_reply->header.error : -EBADMSG;
	aet_message_drop(ret_reply);
	return result;
}

int aet_client_ask(unsigned type, void *request, size_t length, const int *fds, int fd_count,
	struct aet_message *ret_reply, size_t reply_length)
{
	int fd = dial();
	int result;

	if (fd < 0)
		return fd;
	result = exchange(fd, type, request, length, fds, fd_count, ret_reply, reply_length);
	(void)AET_SYS1(close, fd);
	return result;
}

int aet_client_map_page(int fd)
{
	long page;

	if (aet_lib.view)
		return 0;
	page = AET_SYS(SYS_mmap, 0, AET_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page < 0 && page > -4096)
		return (int)page;
	if (((struct aet_page *)page)->magic != AET_PAGE_MAGIC)
		return -EBADMSG;
	AET_WRITE(aet_lib.view, (struct aet_page *)page);
	return 0;
}

/* The slot's count starts at 0: a connection that is open since a fork counts from its next byte
 * on. */
static void use_slot(uint32_t number)
{
	if (number < AET_PAGE_SLOTS)
		aet_lib.slot = &aet_lib.page->slots[number];
	aet_lib.slot_number = number;
	aet_upcalls.on_slot();
}

/* Nobody listens any more where the process, or the one that forked it, joined. */
bool aet_client_is_launcher_gone(void)
{
	int probe = (int)AET_SYS3(socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool is_here = probe >= 0 && network_of(probe) == aet_lib.network;
	int fd = is_here ? dial() : -1;

	if (probe >= 0)
		(void)AET_SYS1(close, probe);
	if (fd >= 0)
		(void)AET_SYS1(close, fd);
	return fd == -ECONNREFUSED;
}

static int join(void)
{
	struct aet_hello hello = {0};
	struct aet_message reply;
	int page;
	int fd;
	int result;

	if (aet_lib.lifeline >= 0)
		return 0;
	result = aet_signals_install();
	if (result < 0)
		return result;
	fd = dial();
	if (fd < 0)
		return fd;
	result = exchange(fd, AET_MSG_HELLO, &hello, sizeof(hello), NULL, 0, &reply,
		sizeof(struct aet_hello_reply));
	if (result < 0)
		goto out;
	page = aet_message_take_fd(&reply, 0);
	result = aet_client_map_page(page);
	if (result < 0) {
		(void)AET_SYS1(close, page);
		goto out;
	}
	AET_WRITE(aet_lib.page, aet_lib.view);
	aet_page_lock_take(page);
	aet_lib.network = network_of(fd);
	use_slot(AET_MESSAGE_BODY(&reply, AET_MSG_HELLO | AET_WIRE_REPLY, aet_hello_reply)->slot);
	result = aet_fd_hide(fd, true);
	if (result < 0)
		goto out;
	AET_WRITE(aet_lib.lifeline, result);
	aet_signals_attach(aet_lib.lifeline);
	aet_upcalls.on_joined();
	return 0;
out:
	(void)AET_SYS1(close, fd);
	return result;
}

/* A process that never had a lifeline does not see the launcher die, and nobody wakes it when
 * another one undoes the swap. So it undoes the swap itself. */
int aet_client_join(void)
{
	int result = join();

	if (result < 0 && aet_lib.page && aet_client_is_launcher_gone()) {
		(void)aet_page_abort(aet_lib.page);
		aet_note_reconcile();
	}
	return result;
}

void aet_client_note(void *note, unsigned type, size_t length)
{
	struct pollfd full = {.fd = aet_lib.lifeline, .events = POLLOUT};

	if (full.fd < 0)
		return;
	aet_header_init(note, type, 0, 0);
	if (aet_message_send(full.fd, note, length, NULL, 0, MSG_DONTWAIT) != -EAGAIN)
		return;
	/* No other process repeats the note. The launcher never blocks, so there is room as soon as
	 * it runs. */
	(void)AET_SYS3(poll, &full, 1, NOTE_MS);
	(void)aet_message_send(full.fd, note, length, NULL, 0, MSG_DONTWAIT);
}
