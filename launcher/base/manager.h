/*
 * What the service manager is told that started the launcher, as sd_notify(3) has it. Where there is
 * none, or it does not listen, nothing happens.
 */
#ifndef AET_MANAGER_H
#define AET_MANAGER_H

/* "READY=1": the service answers; "STOPPING=1": it is told to end. Never blocks. */
void aet_manager_tell(const char *state);

#endif
