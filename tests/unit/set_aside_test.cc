/* States that are set aside: how many there may be, which goes first, and that none is there twice. */
#include <atomic>

/* C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h. */
#define _Atomic(type) std::atomic<type>
using std::atomic_compare_exchange_weak;
using std::atomic_load;

#include "state_sample.h"

extern "C" {
#include "service/service.h"
#include "state/set_aside.h"
}

namespace
{

void Add(unsigned seed)
{
	aet_state_set set;

	state_sample::Make(&set, seed, 100);
	aet_set_aside_add(&set, "it is a test");
	EXPECT_EQ(set.count, 0u);
}

TEST(SetAside, TheOldestIsDroppedWhenThereAreTooMany)
{
	aet_config config = {};
	aet_config *before = aet_service.config;

	aet_service.config = &config;
	for (unsigned i = 1; i <= AET_SET_ASIDE_MAX + 2; i++)
		Add(i);
	Add(AET_SET_ASIDE_MAX + 2); /* once more the same */
	for (unsigned i = 0; i < AET_SET_ASIDE_MAX; i++) {
		const aet_set_aside *aside = aet_set_aside_get(i);

		ASSERT_NE(aside, nullptr);
		EXPECT_EQ(aside->name, "aside-" + std::to_string(i + 3));
		EXPECT_EQ(aside->bytes, 100u + 4096 + 300);
		EXPECT_STREQ(aside->why, "it is a test");
		EXPECT_EQ(aside->set.count, 2u);
		EXPECT_EQ(aet_set_aside_named(aside->name), aside);
	}
	EXPECT_EQ(aet_set_aside_get(AET_SET_ASIDE_MAX), nullptr);
	EXPECT_EQ(aet_set_aside_named("aside-2"), nullptr);
	EXPECT_EQ(aet_set_aside_named(""), nullptr);
	aet_service.config = before;
}

} // namespace
