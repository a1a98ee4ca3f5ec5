#include "service/fact.h"

#include "base/log.h"

static struct aet_fact facts[AET_FACTS_MAX];
static unsigned first;
static unsigned count;

void aet_fact_post(const struct aet_fact *fact)
{
	if (count == AET_FACTS_MAX) {
		aet_log_error("dropped a fact: %d are waiting already", AET_FACTS_MAX);
		return;
	}
	facts[(first + count) % AET_FACTS_MAX] = *fact;
	count++;
}

bool aet_fact_take(struct aet_fact *ret_fact)
{
	if (count == 0)
		return false;
	*ret_fact = facts[first];
	first = (first + 1) % AET_FACTS_MAX;
	count--;
	return true;
}
