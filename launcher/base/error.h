/*
 * What went wrong, and where, for the configuration and the command line: the two edges where a
 * person reads the answer. Everything inside returns 0 or -errno.
 */
#ifndef AET_ERROR_H
#define AET_ERROR_H

#define AET_ERROR_TEXT 512

struct aet_error {
	int line; /* 1-based; 0: the error has no place in a file */
	int column; /* likewise */
	char text[AET_ERROR_TEXT];
};

/* Fills *err (NULL is fine) and returns -EINVAL, so that a failing branch is one line. */
int aet_error_set(struct aet_error *err, int line, int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
