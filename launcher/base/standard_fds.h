/*
 * Descriptors 0 to 2, which whoever starts the launcher may have closed: unless something takes
 * these numbers first, the launcher's own files get them, and the log is written into one of them.
 */
#ifndef AET_STANDARD_FDS_H
#define AET_STANDARD_FDS_H

/* Opens /dev/null on each closed one. Comes before anything else opens a file. 0 or -errno. */
int aet_standard_fds_open(void);

#endif
