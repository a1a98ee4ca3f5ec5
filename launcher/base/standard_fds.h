/*
 * Descriptors 0 to 2, which the launcher's parent may have closed. Then open(2) would hand out these
 * numbers for the launcher's files, and the log would be written into one of them.
 */
#ifndef AET_STANDARD_FDS_H
#define AET_STANDARD_FDS_H

/* Opens /dev/null on each closed one. Call it before opening any file. 0 or -errno. */
int aet_standard_fds_open(void);

#endif
