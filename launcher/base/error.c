#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int aet_error_set(struct aet_error *err, int line, int column, const char *format, ...)
{
	va_list args;

	if (!err)
		return -EINVAL;

	err->line = line;
	err->column = column;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -EINVAL;
}
