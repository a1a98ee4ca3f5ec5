/*
 * Records of connections for tests in C++, which has no _Atomic.
 */
#include "conn_record.h"

#include "connections/conn.h"

struct aet_conn *conn_record(int fd)
{
	return &aet_conns[fd];
}
