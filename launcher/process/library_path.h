/*
 * The path of the preload library: beside the running binary.
 */
#ifndef AET_LIBRARY_PATH_H
#define AET_LIBRARY_PATH_H

/* Fills aet_service.library and aet_service.plain_library. 0, or -errno, which it logs: -ENOENT, or
 * -EINVAL for a path that LD_PRELOAD cannot name. */
int aet_library_find(void);

#endif
