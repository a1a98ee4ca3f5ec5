// The tests' main(). "--tell" instead of running them says how the constructor found the library,
// and how a forked child does, for tests that start this program again in another environment.
#include "library.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

static bool IsUsr2Ours()
{
	const void *now[4] = {}; // the handler comes first, rt_sigaction(2)

	(void)AET_SYS4(rt_sigaction, SIGUSR2, nullptr, now, 8);
	return aet_signals_is_handler(now[0]);
}

static void Tell(const char *who)
{
	printf("%s: active %d generation %u inherited %d control '%s' token %02x%02x owner %d\n",
		who, aet_lib.active, aet_lib.generation, aet_lib.inherited_fds, aet_lib.control,
		aet_lib.credential.token[0], aet_lib.credential.token[15], aet_is_owner());
	printf("%s: usr2 %s\n", who, IsUsr2Ours() ? "ours" : "its own");
	for (int fd = 0; fd < AET_FDS_MAX; fd++)
		if (aet_mark(fd) != AET_MARK_NONE)
			printf("%s: mark %d of %d\n", who, aet_mark(fd), fd);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--tell") == 0) {
		aet_signals_take_usr2();
		Tell("parent");
		pid_t child = fork();
		if (child == 0) {
			Tell("child");
			_exit(0);
		}
		(void)waitpid(child, nullptr, 0);
		return 0;
	}
	testing::InitGoogleTest(&argc, argv);
	return RUN_ALL_TESTS();
}
