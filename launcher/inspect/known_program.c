#include "inspect/known_program.h"

#include <stddef.h>
#include <string.h>

#include "base/wrapper.h"
#include "util.h"

#define AT_ONCE "ends at once on TERM and cuts what it answers"

static const struct aet_known_program programs[] = {
	{"nginx*", "QUIT", AT_ONCE, false},
	{"openresty", "QUIT", AT_ONCE, false},
	{"php-fpm*", "QUIT", AT_ONCE, false},
	{"unicorn*", "QUIT", AT_ONCE, false},
	{"lighttpd", "INT", AT_ONCE, false},
	{"haproxy", "USR1", AT_ONCE, false},
	{"uwsgi*", "INT", "starts anew on TERM", false},
	{"apache2", "WINCH", AT_ONCE, true},
	{"httpd", "WINCH", AT_ONCE, true},
	{"postgres", NULL, NULL, true},
	{"mariadbd", NULL, NULL, true},
	{"mysqld", NULL, NULL, true},
	{"varnishd", NULL, NULL, true},
	{"squid", NULL, NULL, true},
	{"slapd", NULL, NULL, true},
	{"mongod", NULL, NULL, true},
};

const struct aet_known_program *aet_known_program_find(const char *path)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(programs); i++)
		if (aet_wrapper_is_named(aet_wrapper_base(path), programs[i].name))
			return &programs[i];
	return NULL;
}
