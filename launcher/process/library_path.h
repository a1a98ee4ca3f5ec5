/*
 * Where the preload library lies: beside the binary that runs.
 */
#ifndef AET_LIBRARY_PATH_H
#define AET_LIBRARY_PATH_H

/* Fills aet_service.library and aet_service.plain_library. 0, or -errno, which is logged: -ENOENT, or -EINVAL
 * for a place that LD_PRELOAD cannot name. */
int aet_library_find(void);

#endif
