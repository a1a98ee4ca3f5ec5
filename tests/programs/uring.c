/*
 * An HTTP server that accepts through an io_uring, by raw system calls: one ACCEPT is always pending.
 * Each connection is answered once and closed.
 */
#include "program_mode.h"

#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ENTRIES 8

static struct io_uring_params params;
static int ring;
static uint8_t *submissions;
static uint8_t *completions;
static struct io_uring_sqe *entries;

static void *map(size_t size, off_t at)
{
	void *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, at);

	if (memory == MAP_FAILED)
		program_fail("mmap");
	return memory;
}

static void open_ring(void)
{
	ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring < 0)
		program_fail("io_uring_setup");
	submissions =
		map(params.sq_off.array + params.sq_entries * sizeof(uint32_t), IORING_OFF_SQ_RING);
	completions = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		IORING_OFF_CQ_RING);
	entries = map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

static uint32_t *word(uint8_t *area, uint32_t offset)
{
	return (uint32_t *)(void *)(area + offset);
}

static int accept_next(int listener)
{
	uint32_t tail = *word(submissions, params.sq_off.tail);
	uint32_t place = tail & *word(submissions, params.sq_off.ring_mask);
	uint32_t head = *word(completions, params.cq_off.head);
	struct io_uring_cqe *done = (void *)(completions + params.cq_off.cqes);
	int result;

	entries[place] = (struct io_uring_sqe){.opcode = IORING_OP_ACCEPT, .fd = listener};
	word(submissions, params.sq_off.array)[place] = place;
	__atomic_store_n(word(submissions, params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		program_fail("io_uring_enter");
	result = done[head & *word(completions, params.cq_off.ring_mask)].res;
	__atomic_store_n(word(completions, params.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return result;
}

int main(int argc, char **argv)
{
	int listener = program_listen(program_start(argc, argv), 128, SOCK_CLOEXEC);

	open_ring();
	for (;;) {
		int fd = accept_next(listener);

		if (fd < 0)
			program_fail("accept");
		program_handle(fd);
		close(fd);
	}
}
