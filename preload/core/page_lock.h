/*
 * Which generations have a living member, asked of the kernel: each member holds a lock on one byte of
 * the page's file, its generation's number (fcntl(2), open file description locks). The kernel lets go
 * of it when the process is gone.
 */
#ifndef AET_PAGE_LOCK_H
#define AET_PAGE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* This process joins: fd is a description of the page's file that is its own. Takes fd. */
void aet_page_lock_take(int fd);

/* A member of that generation lives; what cannot be found out counts as alive. */
bool aet_page_lock_is_held(uint32_t generation);

#endif
