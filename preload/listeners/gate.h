/*
 * The gate: a socket is held (its descriptors work, but nothing ever comes) or serves. The same two
 * functions do the gate, the release, the rollback and the adoption in a generation that serves
 * already. All under the lock, async-signal-safe, without allocation.
 */
#ifndef AET_GATE_H
#define AET_GATE_H

#include <stdbool.h>

struct aet_socket;

void aet_gate_hold(struct aet_socket *sock);
void aet_gate_serve(struct aet_socket *sock);

/* A freshly adopted stream socket: the placeholder takes its descriptors and registrations. */
void aet_gate_use_placeholder(struct aet_socket *sock);

/* Held, and no thread can still be taking from it. */
bool aet_gate_is_shut(const struct aet_socket *sock);

/* A thread was interrupted inside this system call on this descriptor and will run it again: a
 * held datagram socket gets its placeholder now, because no answer can be under way. Unlocking
 * reconciles. */
void aet_gate_interrupted_recv(long number, int fd);

/* True if that is still to be done, as far as can be told without the lock. */
bool aet_gate_wants_recv(long number, int fd);

/* The program uses a passed descriptor, or has no use for those it was passed: helpers that it
 * starts from now on get none of them. Before that it may be a wrapper, which passes them on. */
void aet_gate_seal_passed(int fd);
void aet_gate_seal_unclaimed(void);

/* Closes FD 3, 4, ... of a program that bound for itself. */
void aet_gate_close_inherited(void);

#endif
