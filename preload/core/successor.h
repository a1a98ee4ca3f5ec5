/*
 * The generation that replaced this one, as long as it is on probation: which of the two goes on if the
 * launcher dies meanwhile. Every member holds a lock on a byte of the page's file, its generation's
 * number (fcntl(2), open file description locks): the kernel lets go of it when the last of them is
 * gone, and it says so to whoever asks.
 */
#ifndef AET_SUCCESSOR_H
#define AET_SUCCESSOR_H

/* This process has joined: fd is a description of the page's file that is its own. Takes fd. */
void aet_successor_take_page(int fd);

/*
 * For a process that is frozen after the commit, and has lost the launcher. While a member of the
 * generation that serves lives, that one serves on: at the end of its probation this process ends.
 * When none lives any more, this generation serves again: the page says so from here on.
 */
void aet_successor_look(void);

#endif
