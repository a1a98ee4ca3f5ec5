/*
 * Runs the main() of a library that it opens for itself alone: `opener LIBRARY.so [ARG...]`. What
 * the library exports is in no scope a program's names are looked up in (RTLD_LOCAL).
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	int (*run)(int, char **) = library ? (int (*)(int, char **))dlsym(library, "main") : NULL;

	if (!run) {
		(void)fprintf(stderr, "opener: %s\n", argc > 1 ? dlerror() : "no library");
		return 1;
	}
	return run(argc - 1, argv + 1);
}
