/*
 * Which connections a generation has left, found out by a child of low priority. The kernel walks all
 * its sockets for the answer, those in TIME_WAIT included: 20 ms of processor time with 100,000 of
 * them, which the launcher and the new generation need for something better after a commit.
 */
#ifndef AET_CENSUS_H
#define AET_CENSUS_H

#include "base/inodes.h"

struct aet_generation;

struct aet_census_result {
	int all_error; /* 0, or -errno */
	int own_error;
	struct aet_inode_set all; /* connections of the kept listeners, whoever has them */
	struct aet_inode_set own; /* sockets of the generation's processes */
};

/* The sets are the callee's to free. On failure both errors are set. */
typedef void aet_census_fn(struct aet_generation *generation, struct aet_census_result *result);

/* Calls done once, later, if the generation lives still; 0, or -errno: it does not. -EBUSY: one runs
 * already. */
int aet_census_begin(struct aet_generation *generation, aet_census_fn *done);

#endif
