/* Marks a hook: exported under the program's name for it, unversioned. */
#ifndef AET_EXPORT_H
#define AET_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
