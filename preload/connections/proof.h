/*
 * The proof that a connection at a boundary may leave this process: nobody reads or writes it past
 * our hooks, and nobody but this process can go on with it.
 */
#ifndef AET_PROOF_H
#define AET_PROOF_H

#include <stdbool.h>

struct aet_conn;
struct aet_socket;

/* Before the first answer a thread may sleep in a read that no hook sees. in_read: the caller is a
 * read that a hook does see. */
bool aet_conn_may_be_read_unseen(const struct aet_conn *conn, bool in_read);

/* A thread may have been told of it, and be about to read. */
bool aet_conn_may_be_in_hand(int fd, const struct aet_conn *conn);

/* It stays where it is, although it is idle: what was agreed on it holds for this connection, or the
 * server may be the first to speak. */
bool aet_conn_is_bound(int fd, const struct aet_conn *conn, const struct aet_socket *sock);

/* It is a connection of the listener, and every byte came past our hooks. */
bool aet_conn_is_proven(int fd, const struct aet_conn *conn, const struct aet_socket *sock);

/* Bytes that nobody has read are there. */
bool aet_conn_has_unread(int fd);

#endif
