/*
 * A server that does what the file `steps` next to its version says, one word after the other, and
 * then serves HTTP/1.1 with a thread for each connection. What can be in the file: the table below.
 * Paths it answers: / as every other program, /slow one half of the answer and later the rest
 * (when the file `finish` appears), /options what a connection inherited from its listener,
 * /listener what the listener has, and /spawn /vfork what a helper saw and how it ended.
 */
#include "program_mode.h"

#include "steps.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/un.h>
#include <sys/wait.h>

#define MAX_LISTENERS 8

static struct pollfd listeners[MAX_LISTENERS];
static nfds_t listener_count;
static int last = -1; /* the socket that `set`, `bind` and `listen` are about */
static int first_port;

static void step_socket(const char *value)
{
	int yes = 1;

	last = socket(value[0] == '6' ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(last, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

static void step_set(const char *value)
{
	if (steps_set_option(last, value))
		program_fail(value);
}

/* The port is the first one plus `value`. */
static void step_bind(const char *value)
{
	struct sockaddr_storage any = {0};
	struct sockaddr_in *in = (void *)&any;
	struct sockaddr_in6 *in6 = (void *)&any;
	uint16_t port = htons((uint16_t)(first_port + atoi(value)));
	socklen_t len = sizeof(*in);
	int family;

	getsockopt(last, SOL_SOCKET, SO_DOMAIN, &family, &(socklen_t){sizeof(family)});
	if (family == AF_INET6) {
		*in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
		len = sizeof(*in6);
	} else {
		*in = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_port = port,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	}
	if (bind(last, (struct sockaddr *)&any, len))
		program_fail("bind");
}

static void serve_later(int fd)
{
	if (listener_count < MAX_LISTENERS)
		listeners[listener_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void step_listen(const char *value)
{
	(void)value;
	if (listen(last, 128))
		program_fail("listen");
	serve_later(last);
}

static void step_open(const char *value)
{
	step_socket("");
	step_bind(value);
	step_listen("");
}

/* A socket somebody else made. */
static void step_fd(const char *value)
{
	serve_later(atoi(value));
}

static void step_sleep(const char *value)
{
	usleep((useconds_t)atoi(value) * 1000);
}

static void step_hang(const char *value)
{
	(void)value;
	for (;;)
		pause();
}

/* A '+' is the end of a line. */
static void step_notify(const char *value)
{
	char text[256];
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t len = name ? strlen(name) : 0;

	if (!len || len >= sizeof(address.sun_path))
		exit(3);
	(void)snprintf(text, sizeof(text), "%s", value);
	for (char *at = text; (at = strchr(at, '+'));)
		*at = '\n';
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		program_fail("sendto");
	close(fd);
}

/* A program that cannot run twice. */
static void step_lock(const char *value)
{
	int fd = open(value, O_CREAT | O_RDWR | O_CLOEXEC, 0644);

	if (flock(fd, LOCK_EX | LOCK_NB))
		exit(75);
}

static void step_chroot(const char *value)
{
	if (chroot(value) || chdir("/"))
		program_fail("chroot");
}

static void step_user(const char *value)
{
	if (setgroups(0, NULL) || setgid((gid_t)atoi(value)) || setuid((uid_t)atoi(value)))
		program_fail("setuid");
}

static void step_daemon(const char *value)
{
	if (fork())
		_exit(0);
	setsid();
	step_sleep(value); /* its parent is gone by now */
}

static pid_t worker;

static void on_term(int number)
{
	(void)number;
	kill(worker, SIGTERM);
	_exit(0);
}

/* What follows is done by a worker; its parent waits, as the master of a prefork server does. */
static void step_fork(const char *value)
{
	(void)value;
	worker = fork();
	if (worker == 0)
		return;
	signal(SIGTERM, on_term);
	while (waitpid(worker, NULL, 0) != worker)
		;
	exit(0);
}

/* Both go on with what follows. */
static void step_split(const char *value)
{
	(void)value;
	(void)fork();
}

/* What a helper sees, into a file. */
static void step_helper(const char *value)
{
	char text[4096] = "";
	FILE *file = fopen(value, "we");

	steps_run_helper("spawn", text, sizeof(text));
	if (!file || fputs(text, file) < 0 || fclose(file))
		program_fail(value);
}

/* Which descriptors are open? As xargs asks before it starts anything. */
static void step_glance(const char *value)
{
	struct pollfd fds[32];

	(void)value;
	for (int i = 0; i < 32; i++)
		fds[i] = (struct pollfd){.fd = i};
	(void)poll(fds, 32, 0);
}

/* A helper waits for it a moment, and ends. */
static void step_brief(const char *value)
{
	struct pollfd wish = {.fd = atoi(value), .events = POLLIN};
	pid_t helper = fork();

	if (helper == 0) {
		(void)poll(&wish, 1, 1);
		_exit(0);
	}
	(void)waitpid(helper, NULL, 0);
}

static void step_exit(const char *value)
{
	exit(atoi(value));
}

static const struct {
	const char *name;
	void (*take)(const char *value);
} steps[] = {
	{"socket", step_socket}, /* or socket:6 */
	{"set", step_set}, /* an option, as set:rcvbuf=65536 */
	{"bind", step_bind},
	{"listen", step_listen},
	{"open", step_open}, /* the three of them */
	{"fd", step_fd},
	{"sleep", step_sleep}, /* milliseconds */
	{"hang", step_hang},
	{"notify", step_notify}, /* as notify:READY=1 */
	{"lock", step_lock},
	{"chroot", step_chroot},
	{"user", step_user},
	{"sandbox", steps_sandbox},
	{"daemon", step_daemon},
	{"fork", step_fork},
	{"split", step_split},
	{"helper", step_helper},
	{"glance", step_glance},
	{"brief", step_brief},
	{"exit", step_exit},
};

static void take(char *word)
{
	char *value = strchr(word, ':');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, word)) {
			steps[i].take(value ? value : "");
			return;
		}
	exit(64);
}

static void take_all(const char *directory)
{
	char path[4096];
	char text[1024] = "";
	char *rest = text;
	char *word;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/steps", directory);
	file = fopen(path, "re");
	if (!file || fread(text, 1, sizeof(text) - 1, file) == 0)
		exit(66);
	fclose(file);
	while ((word = strsep(&rest, " \n")))
		if (*word)
			take(word);
}

/* One half of the answer, and the other when the file is there. */
static void answer_slowly(int fd, const char *directory)
{
	char path[4096];
	char answer[512];
	size_t len = program_answer(answer, sizeof(answer), false);

	(void)snprintf(path, sizeof(path), "%s/finish", directory);
	(void)!write(fd, answer, len / 2);
	while (access(path, F_OK))
		usleep(5000);
	(void)!write(fd, answer + len / 2, len - len / 2);
}

static void answer_text(int fd, const char *body)
{
	char answer[16384];
	int len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);

	(void)!write(fd, answer, (size_t)len);
}

static void handle(int fd, char *request)
{
	const char *directory = getenv("DIR");
	char *path = request + 4;
	char body[15000] = "";

	path[strcspn(path, " \r\n")] = '\0';
	if (!strcmp(path, "/slow")) {
		answer_slowly(fd, directory);
		return;
	}
	if (!strcmp(path, "/options"))
		steps_read_options(fd, body, sizeof(body));
	else if (!strcmp(path, "/listener"))
		steps_read_options(listeners[0].fd, body, sizeof(body));
	else if (path[1])
		steps_run_helper(path + 1, body, sizeof(body));
	if (body[0]) {
		answer_text(fd, body);
		return;
	}
	(void)!write(fd, body, program_answer(body, sizeof(body), false));
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char request[4096];
	ssize_t n;

	while ((n = read(fd, request, sizeof(request) - 1)) > 4) {
		request[n] = '\0';
		handle(fd, request);
	}
	close(fd);
	return NULL;
}

static void accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pthread_t thread;

	if (fd < 0)
		return;
	if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
		close(fd);
	else
		pthread_detach(thread);
}

int main(int argc, char **argv)
{
	const char *directory = getenv("DIR");

	first_port = program_start(argc, argv);
	take_all(directory ? directory : ".");
	for (;;) {
		if (poll(listeners, listener_count, -1) < 0)
			continue;
		for (nfds_t i = 0; i < listener_count; i++)
			if (listeners[i].revents)
				accept_one(listeners[i].fd);
	}
}
