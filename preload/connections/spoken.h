/*
 * What has been spoken on a listener so far, by every process of every generation. HTTP, where the
 * client speaks first: an idle connection is waited for by nobody, and may move before its first
 * request. Or a protocol in which the server speaks first, perhaps after a while (mail, chat, a
 * feed): a connection that is silent belongs to the process that accepted it.
 */
#ifndef AET_SPOKEN_H
#define AET_SPOKEN_H

#include <stdbool.h>

struct aet_socket;

/* An answer has ended; or the server spoke on a connection before its client. */
void aet_spoken_note_http(struct aet_socket *sock);
void aet_spoken_note_first(struct aet_socket *sock);

/* HTTP and nothing in which the server speaks first. */
bool aet_spoken_is_http(const struct aet_socket *sock);

#endif
