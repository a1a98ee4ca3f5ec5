/*
 * Does the memory of a GPU outlive the process that made it while somebody who never touched CUDA
 * keeps its descriptor? This process is that somebody, as the launcher would be: it has the exporter
 * make memory and hand over the descriptor, kills it, passes the descriptor to two importers one
 * after the other, and closes it. Each of them is this program again, executed anew, because a CUDA
 * context does not survive fork(2). Exit status 0: it does, and goes with the last descriptor; 1: it
 * does not, with a sentence; 77: there is no CUDA here, and nothing was tested. memory [MIB]
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuda.h"

#define ABSENT      77 /* exit status, as automake has it for what was not tested */
#define CHILD_FD    3 /* a child's end of its socket */
#define DEFAULT_MIB 1024

static struct cuda cuda;

__attribute__((noreturn, format(printf, 2, 3))) static void stop(
	int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("test-gpu: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputs("\n", stderr);
	va_end(args);
	exit(status);
}

/* --- the children: they use CUDA --- */

static void must(int error, const char *what)
{
	const char *name = "?";

	if (error == 0)
		return;
	(void)cuda.error_name(error, &name);
	stop(1, "%s failed: %s (%d)", what, name ? name : "?", error);
}

static void *symbol_of(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (!symbol)
		stop(ABSENT, "%s has no %s: the driver is too old, nothing was tested",
			CUDA_LIBRARY, name);
	return symbol;
}

/* A context on the first device. */
static void open_cuda(void)
{
	void *library = dlopen(CUDA_LIBRARY, RTLD_NOW);
	void *context;
	int has[2] = {0, 0};
	int device;

	if (!library)
		stop(ABSENT, "there is no CUDA here (%s): nothing was tested", dlerror());
#define LOOK_UP(symbol, name, arguments) *(void **)&cuda.name = symbol_of(library, #symbol);
	CUDA_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
	if (cuda.init(0) != 0 || cuda.device_get(&device, 0) != 0)
		stop(ABSENT, "there is a driver, and no GPU that it can use: nothing was tested");
	must(cuda.device_attribute(&has[0], CUDA_HAS_VIRTUAL_MEMORY, device), "an attribute");
	must(cuda.device_attribute(&has[1], CUDA_HAS_FILE_DESCRIPTOR, device), "an attribute");
	if (!has[0] || !has[1])
		stop(ABSENT, "this GPU gives no descriptors of its memory: nothing was tested");
	must(cuda.retain(&context, device), "cuDevicePrimaryCtxRetain");
	must(cuda.set_current(context), "cuCtxSetCurrent");
}

static cuda_pointer map(cuda_handle handle, size_t size)
{
	struct cuda_access access = {{CUDA_ON_DEVICE, 0}, CUDA_READ_WRITE};
	cuda_pointer where = 0;

	must(cuda.reserve(&where, size, 0, 0, 0), "cuMemAddressReserve");
	must(cuda.map(where, size, 0, handle, 0), "cuMemMap");
	must(cuda.set_access(where, size, &access, 1), "cuMemSetAccess");
	return where;
}

/* No two words alike, and none of them zero. */
static uint64_t *pattern(size_t size)
{
	uint64_t *words = malloc(size);

	if (!words)
		stop(1, "no memory for %zu bytes", size);
	for (size_t i = 0; i < size / sizeof(*words); i++)
		words[i] = (i + 1) * 0x9e3779b97f4a7c15u;
	return words;
}

static void send_fd(int to, int fd, size_t size)
{
	char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec part = {&size, sizeof(size)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(to, &message, 0) != (ssize_t)sizeof(size))
		stop(1, "a descriptor could not be sent: %s", strerror(errno));
}

/* -1: the other side ended without sending one. */
static int receive_fd(int from, size_t *ret_size)
{
	char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec part = {ret_size, sizeof(*ret_size)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	ssize_t got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = -1;

	if (got == (ssize_t)sizeof(*ret_size) && header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void be_exporter(size_t mib)
{
	struct cuda_properties properties = {.type = CUDA_PINNED,
		.handle_types = CUDA_FILE_DESCRIPTOR,
		.location = {CUDA_ON_DEVICE, 0}};
	size_t size = mib << 20;
	size_t least = 1;
	cuda_handle handle;
	uint64_t *words;
	int fd = -1;

	open_cuda();
	must(cuda.granularity(&least, &properties, CUDA_LEAST_GRANULARITY),
		"cuMemGetAllocationGranularity");
	size = (size + least - 1) / least * least;
	must(cuda.create(&handle, size, &properties, 0), "cuMemCreate");
	words = pattern(size);
	must(cuda.copy_to(map(handle, size), words, size), "cuMemcpyHtoD");
	must(cuda.export_handle(&fd, handle, CUDA_FILE_DESCRIPTOR, 0),
		"cuMemExportToShareableHandle");
	send_fd(CHILD_FD, fd, size);
	for (;;)
		pause(); /* until it is killed: nothing of it is cleaned up by itself */
}

static void be_importer(void)
{
	cuda_handle handle;
	uint64_t *expected;
	uint64_t *words;
	size_t size = 0;
	int fd = receive_fd(CHILD_FD, &size);

	if (fd < 0)
		stop(1, "no descriptor came to the importer");
	open_cuda();
	must(cuda.import_handle(&handle, (void *)(uintptr_t)fd, CUDA_FILE_DESCRIPTOR),
		"cuMemImportFromShareableHandle");
	expected = pattern(size);
	words = calloc(1, size);
	if (!words)
		stop(1, "no memory for %zu bytes", size);
	must(cuda.copy_from(words, map(handle, size), size), "cuMemcpyDtoH");
	for (size_t i = 0; i < size / sizeof(*words); i++)
		if (words[i] != expected[i])
			stop(1, "the memory was imported, and differs from byte %zu on", i * 8);
}

static void be_meter(void)
{
	size_t free_bytes = 0;
	size_t total = 0;

	open_cuda();
	must(cuda.memory_info(&free_bytes, &total), "cuMemGetInfo");
	if (write(CHILD_FD, &free_bytes, sizeof(free_bytes)) != (ssize_t)sizeof(free_bytes))
		stop(1, "the meter could not tell what it read");
}

/* --- the holder: no CUDA here, ever --- */

struct child {
	pid_t pid;
	int fd;
};

/* This program again, which ends with its parent. */
static struct child start(const char *role, const char *mib)
{
	struct child child;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		stop(1, "socketpair: %s", strerror(errno));
	child.pid = fork();
	if (child.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ends[1] == CHILD_FD) /* dup2(2) would leave it close-on-exec */
			ends[1] = dup(ends[1]);
		(void)dup2(ends[1], CHILD_FD);
		(void)execl("/proc/self/exe", "memory", mib, role, (char *)NULL);
		_exit(1);
	}
	if (child.pid < 0)
		stop(1, "fork: %s", strerror(errno));
	(void)close(ends[1]);
	child.fd = ends[0];
	return child;
}

/* What it complained of stands on standard error already. */
static void end_well(const struct child *child, const char *what)
{
	int status = 0;

	(void)waitpid(child->pid, &status, 0);
	(void)close(child->fd);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == ABSENT)
		exit(ABSENT);
	stop(1, "%s: wait status %#x", what, (unsigned)status);
}

static size_t free_memory(const char *mib)
{
	struct child meter = start("meter", mib);
	size_t bytes = 0;
	ssize_t got = read(meter.fd, &bytes, sizeof(bytes));

	end_well(&meter, "the meter failed");
	if (got != (ssize_t)sizeof(bytes))
		stop(1, "the meter told nothing");
	return bytes;
}

static void kill_exporter(const struct child *exporter)
{
	(void)kill(exporter->pid, SIGKILL);
	(void)waitpid(exporter->pid, NULL, 0);
	(void)close(exporter->fd);
}

static void import(const char *mib, int fd, size_t size, const char *what)
{
	struct child importer = start("import", mib);

	send_fd(importer.fd, fd, size);
	end_well(&importer, what);
}

static void hold(const char *mib)
{
	size_t before = free_memory(mib);
	struct child exporter = start("export", mib);
	size_t size = 0;
	int fd = receive_fd(exporter.fd, &size);
	size_t held;
	size_t after;

	if (fd < 0)
		end_well(&exporter, "the exporter failed");
	if (fd < 0)
		stop(1, "the exporter sent no descriptor");
	kill_exporter(&exporter);
	held = free_memory(mib);
	import(mib, fd, size, "the memory did not outlive its maker");
	import(mib, fd, size, "the memory did not outlive its first importer");
	(void)close(fd);
	after = free_memory(mib);
	(void)printf("free before %zu MiB, with the exporter dead and the descriptor held %zu MiB, "
		     "with the descriptor closed %zu MiB; %zu MiB exported\n",
		before >> 20, held >> 20, after >> 20, size >> 20);
	/* The driver keeps a little of its own, and others may use the device. */
	if (held + size / 2 > before)
		stop(1, "the meter does not show the memory that was held");
	if (after < held + size / 2)
		stop(1, "the memory was not freed with its last descriptor");
	(void)puts("the memory outlived its maker, was read by two importers, and was freed with "
		   "its last descriptor");
}

int main(int argc, char **argv)
{
	const char *mib = argc > 1 ? argv[1] : "";
	const char *role = argc > 2 ? argv[2] : "";
	size_t number = strtoul(mib, NULL, 10);

	if (number == 0)
		number = DEFAULT_MIB;
	if (!strcmp(role, "export"))
		be_exporter(number);
	else if (!strcmp(role, "import"))
		be_importer();
	else if (!strcmp(role, "meter"))
		be_meter();
	else
		hold(mib);
	return 0;
}
