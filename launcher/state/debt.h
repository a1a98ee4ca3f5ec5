/*
 * What a process of an older generation owes: it answers still, and what it changes in its memory
 * after its dump is not in the new generation's. One debt for each process, from the commit until
 * its changes are merged (state_late.h) and can be lost no more, or are lost for good.
 */
#ifndef AET_DEBT_H
#define AET_DEBT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fd_list.h"
#include "state/state_set.h"

enum aet_debt_stage {
	AET_DEBT_OPEN, /* the process has its changes */
	AET_DEBT_TAKEN, /* the launcher has them */
	AET_DEBT_MERGED, /* the serving generation has them too */
};

struct aet_debt {
	struct aet_debt *next; /* in the order of the commits */
	uint32_t generation;
	uint32_t slot; /* of the process */
	unsigned index; /* of the process among those of its generation */
	enum aet_debt_stage stage;
	bool is_forced; /* its time is up, whatever it still answers */
	unsigned failures;
	uint64_t quiet_ms; /* since when it answers nothing; 0: it does */
	uint64_t taken_ms;
	uint64_t again_ms; /* a merge is tried again from then on */
	uint32_t merged_into; /* MERGED: the generation */
	uint32_t refused_by; /* the generation that could not take it; 0: none */
	struct aet_fd_list base; /* the container of its dump, then what came beside that */
	struct aet_state_piece changes;
};

/* Every process of the kept state's writer owes from now on. 0, or -errno. */
int aet_debts_begin(const struct aet_state_set *kept);

/* The serving generation's memory was dumped, and is kept: what was merged into it is in there. */
void aet_debts_settle(void);

/* The first one; NULL: none. */
struct aet_debt *aet_debts(void);

void aet_debt_free(struct aet_debt *debt);

/* The generation's time is up: what it changes is taken at once. Whether there is anything to take.
 */
bool aet_debts_force(uint32_t generation);

/* Whether a process of the generation has changes that the launcher has not. */
bool aet_debts_are_open(uint32_t generation);

#endif
