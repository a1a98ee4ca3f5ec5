/*
 * The handler of the library's signal (core/signals.h) and of SIGUSR2: it reconciles, repairs the
 * interrupted system call, and takes the main thread to a safe point when a state step is due.
 */
#ifndef AET_HANDLER_H
#define AET_HANDLER_H

#include <signal.h>

void aet_handler_on_signal(int signal, siginfo_t *info, void *context);

#endif
