/*
 * The STATE, REPORT, FDS and LOADED requests of processes with state.
 */
#ifndef AET_STATE_RPC_H
#define AET_STATE_RPC_H

struct aet_message;

/* Each answers on fd one request that passed aet_message_check_request(). */
void aet_state_answer(int fd, const struct aet_message *request);
void aet_state_take_report(int fd, struct aet_message *request);
void aet_state_answer_fds(int fd, const struct aet_message *request);
void aet_state_take_sections(int fd, struct aet_message *request);

#endif
