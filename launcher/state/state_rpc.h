/*
 * The STATE, REPORT, FDS and LOADED requests of processes with state.
 */
#ifndef AET_STATE_RPC_H
#define AET_STATE_RPC_H

#include <sys/types.h>

struct aet_message;

/* pid: who sent it. Each answers on fd one request that passed aet_message_check_request(). */
void aet_state_answer(int fd, const struct aet_message *request);
void aet_state_take_report(int fd, pid_t pid, struct aet_message *request);
void aet_state_answer_fds(int fd, const struct aet_message *request);
void aet_state_take_sections(int fd, struct aet_message *request);

#endif
