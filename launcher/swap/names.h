/*
 * The NAMES request: the state that the configuration of the swap in hand names, and what the user
 * gives up. A process asks at each dump and load: the file may have changed since it started.
 */
#ifndef AET_NAMES_H
#define AET_NAMES_H

struct aet_message;

/* Answers on fd one request that passed aet_message_check_request(). */
void aet_names_answer(int fd, const struct aet_message *request);

#endif
