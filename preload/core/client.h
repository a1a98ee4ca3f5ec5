/*
 * Requests to the launcher: connect, send, receive, close. The library keeps no descriptor but the
 * lifeline. Called under aet_lock(), never from the handler.
 */
#ifndef AET_CLIENT_H
#define AET_CLIENT_H

#include <stdbool.h>

#include "msgio.h"

/*
 * One transaction. request starts with a header (filled in here) and a credential (likewise).
 * 0 and *ret_reply, which answers this type in at least reply_length bytes; or -errno: the caller
 * then passes through.
 */
int aet_client_ask(unsigned type, void *request, size_t length, const int *fds, int fd_count,
	struct aet_message *ret_reply, size_t reply_length);

/*
 * Joins: sends HELLO over a connection that stays open, the lifeline, and maps the page on the
 * first call. The lifeline raises aet_lib.signal whenever the launcher writes to it or dies. 0 or
 * -errno. If the launcher is gone and the page is mapped, an undecided swap is undone.
 */
int aet_client_join(void);

/* Maps the page's file for aet_lib.view, unless it is mapped; 0 or -errno. */
int aet_client_map_page(int fd);

/* Nobody listens any more where this process joined. False where that cannot be found out. */
bool aet_client_is_launcher_gone(void);

/* Sends a note on the lifeline without waiting; async-signal-safe. */
void aet_client_note(void *note, unsigned type, size_t length);

#endif
