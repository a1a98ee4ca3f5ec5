#include "state/debt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static struct aet_debt *debts;

static int add_copy(struct aet_fd_list *list, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : aet_fd_list_add(list, copy);
}

/* A socket that ended travels as one that was never connected, here too. */
static int copy_beside(struct aet_fd_list *to, const struct aet_fd_list *from)
{
	int result = 0;

	for (unsigned i = 0; i < from->count && result == 0; i++)
		result = from->fds[i] < 0 ? aet_fd_list_add_ended(to) : add_copy(to, from->fds[i]);
	return result;
}

static int begin(uint32_t generation, unsigned index, const struct aet_state_piece *piece)
{
	struct aet_debt *debt = calloc(1, sizeof(*debt));
	struct aet_debt **last = &debts;
	int result;

	if (!debt)
		return -ENOMEM;
	debt->generation = generation;
	debt->slot = piece->writer_slot;
	debt->index = index;
	debt->changes.fd = -1;
	result = add_copy(&debt->base, piece->fd);
	if (result == 0)
		result = copy_beside(&debt->base, &piece->beside);
	while (*last)
		last = &(*last)->next;
	*last = debt;
	if (result < 0)
		aet_debt_free(debt);
	return result;
}

int aet_debts_begin(const struct aet_state_set *kept)
{
	int result = 0;

	for (unsigned i = 0; i < kept->count && result == 0; i++)
		result = begin(kept->writer, i, &kept->pieces[i]);
	return result;
}

void aet_debts_settle(void)
{
	struct aet_debt *next;

	for (struct aet_debt *debt = debts; debt; debt = next) {
		next = debt->next;
		if (debt->stage == AET_DEBT_MERGED)
			aet_debt_free(debt);
	}
}

struct aet_debt *aet_debts(void)
{
	return debts;
}

void aet_debt_free(struct aet_debt *debt)
{
	for (struct aet_debt **at = &debts; *at; at = &(*at)->next)
		if (*at == debt) {
			*at = debt->next;
			break;
		}
	aet_fd_list_clear(&debt->base);
	aet_state_piece_clear(&debt->changes);
	free(debt);
}

bool aet_debts_force(uint32_t generation)
{
	for (struct aet_debt *debt = debts; debt; debt = debt->next)
		if (debt->generation == generation)
			debt->is_forced = true;
	return aet_debts_are_open(generation);
}

bool aet_debts_are_open(uint32_t generation)
{
	for (const struct aet_debt *debt = debts; debt; debt = debt->next)
		if (debt->generation == generation && debt->stage == AET_DEBT_OPEN)
			return true;
	return false;
}
