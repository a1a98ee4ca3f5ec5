/*
 * Listeners that the last process of a generation has closed, of those that take part in swaps. The
 * address is bound still while another process has the socket, which may have inherited it.
 */
#ifndef AET_CLOSED_H
#define AET_CLOSED_H

/* One was closed: looks soon. */
void aet_closed_note(void);

#endif
