/*
 * The generation that replaced this one, as long as it is on probation: which of the two goes on if the
 * launcher dies meanwhile.
 */
#ifndef AET_SUCCESSOR_H
#define AET_SUCCESSOR_H

/*
 * For a process that is frozen after the commit: does nothing while the launcher lives. Then, while a
 * member of the generation that serves lives, that one serves on, and at the end of its probation this
 * process ends. When none lives any more, this generation serves again: the page says so from here on.
 */
void aet_successor_look(void);

#endif
