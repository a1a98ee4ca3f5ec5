/*
 * The files of `snapshot --output FILE` and `restore STATE-FILE`. The command opens them, as its own
 * user and in its own directory, and the launcher gets the descriptor.
 */
#ifndef AET_STATE_ARGUMENT_H
#define AET_STATE_ARGUMENT_H

/* The file beside `path` that becomes it when it is whole. */
struct aet_state_output {
	const char *path;
	char fresh[4096];
};

/* An empty file that nobody else can read; or -errno. */
int aet_state_output_open(struct aet_state_output *ret_output, const char *path);

/* It is whole and becomes the file: 0, or -errno. The second: it is not. */
int aet_state_output_finish(const struct aet_state_output *output);
void aet_state_output_drop(const struct aet_state_output *output);

/* The file that the word means; -ENOENT: it is a name; or another -errno. No link is followed. */
int aet_state_input_open(const char *word);

#endif
