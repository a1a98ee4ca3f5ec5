/*
 * Memory that the next generation maps beside the old one (an arena): nobody writes to it here before
 * this generation serves, because an undone swap would leave what was written to the old one.
 */
#ifndef AET_GUARDED_H
#define AET_GUARDED_H

/* This generation serves: the memory may be written. Async-signal-safe; costs nothing where there is
 * none. */
void aet_guarded_release(void);

#endif
