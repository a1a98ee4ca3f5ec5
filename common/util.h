/*
 * Small things every part uses: cleanup attributes, array sizes, branch hints.
 * Header only, no libc calls beyond close(2), so that the library may include it.
 */
#ifndef AET_UTIL_H
#define AET_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AET_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define AET_LIKELY(x)     __builtin_expect(!!(x), 1)
#define AET_UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define AET_MIN(a, b)     ((a) < (b) ? (a) : (b))
#define AET_MAX(a, b)     ((a) > (b) ? (a) : (b))

#endif
