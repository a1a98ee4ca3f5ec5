/*
 * Records of connections for tests in C++, which has no _Atomic: what conn.h and hold.h declare, and
 * a record by its number.
 */
#ifndef CONN_RECORD_H
#define CONN_RECORD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
struct aet_conn;
struct epoll_event;
void aet_conns_begin(void);
void aet_conn_open(int listener_fd, int fd, uint64_t base);
void aet_conn_watched(int epfd, int op, int fd, const struct epoll_event *event);
void aet_conn_quieten(int fd, struct aet_conn *conn, uint64_t word);
#endif

struct aet_conn *conn_record(int fd);

#ifdef __cplusplus
}
#endif

#endif
