/*
 * The log on standard error: one write(2) a line, lower case, user data in quotes. Never blocks:
 * it drops a line that standard error cannot take now.
 */
#ifndef AET_LOG_H
#define AET_LOG_H

#include <stdbool.h>

enum aet_log_level { AET_LOG_ERROR, AET_LOG_WARNING, AET_LOG_INFO, AET_LOG_DEBUG };
enum aet_log_format { AET_LOG_TEXT, AET_LOG_JSON };

#define AET_LOG_LINE_MAX 1024

void aet_log_setup(bool verbose, enum aet_log_format format);

void aet_log(enum aet_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define aet_log_error(...)   aet_log(AET_LOG_ERROR, __VA_ARGS__)
#define aet_log_warning(...) aet_log(AET_LOG_WARNING, __VA_ARGS__)
#define aet_log_info(...)    aet_log(AET_LOG_INFO, __VA_ARGS__)
#define aet_log_debug(...)   aet_log(AET_LOG_DEBUG, __VA_ARGS__)

#endif
