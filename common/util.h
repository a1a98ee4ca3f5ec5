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

/* The struct of that type whose member this is. */
#define AET_CONTAINER_OF(place, type, member)                                                      \
	((type *)(void *)((char *)(place)-offsetof(type, member)))

/* For what is written under a lock and read without: the plain instruction, which the compiler may
 * neither split nor repeat, and which the thread sanitizer takes for meant. */
#define AET_READ(place)         __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define AET_WRITE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)

#endif
