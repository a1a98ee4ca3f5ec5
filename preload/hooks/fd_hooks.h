/*
 * What the program does to the descriptors of a listener: close, dup, epoll_ctl. Each function
 * returns false where the kernel's call goes on unchanged.
 */
#ifndef AET_FD_HOOKS_H
#define AET_FD_HOOKS_H

#include <stdbool.h>
#include <sys/epoll.h>

/* close(fd) is about to happen. True: fd is the library's own, the program must not close it. */
bool aet_fd_hooks_close(int fd);

/* to is a copy of from (dup and its relatives succeeded). */
void aet_fd_hooks_copy(int from, int to);

/* dup2 is about to replace to: forgets it, or moves the library's own out of the way. */
void aet_fd_hooks_make_room(int to);

/* close_range(first, last) for the owner: closes everything but the library's own. */
int aet_fd_hooks_close_range(unsigned first, unsigned last, int flags);

/* epoll_ctl on a descriptor of ours. True: answered, *ret_result is 0 or -errno. */
bool aet_fd_hooks_epoll(int epfd, int op, int fd, struct epoll_event *event, int *ret_result);

#endif
