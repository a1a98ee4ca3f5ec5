#include "base/signal_name.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

/* KILL and STOP, which no program handles, and faults are missing. */
static const struct {
	const char *name;
	int number;
} signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"HUP", SIGHUP},
	{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}, {"ABRT", SIGABRT},
	{"ALRM", SIGALRM}, {"PWR", SIGPWR}, {"CONT", SIGCONT}};

static int real_time_number(const char *name)
{
	char *end;
	long more;

	if (strncasecmp(name, "RTMIN", 5) != 0 || (name[5] != '\0' && name[5] != '+'))
		return 0;
	more = strtol(name + 5, &end, 10);
	return *end == '\0' && more >= 0 && SIGRTMIN + more <= SIGRTMAX ? SIGRTMIN + (int)more : 0;
}

int aet_signal_number(const char *name)
{
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < AET_ARRAY_SIZE(signals); i++)
		if (strcasecmp(name, signals[i].name) == 0)
			return signals[i].number;
	return real_time_number(name);
}

const char *aet_signal_name(int number, char ret_name[AET_SIGNAL_NAME])
{
	(void)snprintf(ret_name, AET_SIGNAL_NAME, "RTMIN+%d", number - SIGRTMIN);
	for (size_t i = 0; i < AET_ARRAY_SIZE(signals); i++)
		if (signals[i].number == number)
			(void)snprintf(ret_name, AET_SIGNAL_NAME, "%s", signals[i].name);
	return ret_name;
}
