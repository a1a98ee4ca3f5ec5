/*
 * The first line of a script: "#!interpreter argument".
 */
#ifndef AET_SCRIPT_H
#define AET_SCRIPT_H

#define AET_SCRIPT_LINE_MAX 256 /* what the kernel reads of it */

struct aet_script {
	char interpreter[AET_SCRIPT_LINE_MAX];
	char env_program[AET_SCRIPT_LINE_MAX]; /* of "#!/usr/bin/env X"; "": no env */
};

/* 0; -ENOEXEC: it is no script; -errno. *ret_script is untouched on failure. */
int aet_script_read(int fd, struct aet_script *ret_script);

#endif
