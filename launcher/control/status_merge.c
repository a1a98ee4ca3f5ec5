#include "control/status_merge.h"

#include "swap/late_merge.h"

void aet_status_add_merge(struct aet_json *json)
{
	aet_json_key(json, "merge");
	aet_json_begin_object(json);
	aet_json_add_int64(json, "pending", aet_late_merge_pending());
	aet_json_add_int64(json, "taken", aet_merge_count.taken);
	aet_json_add_int64(json, "decided", aet_merge_count.decided);
	aet_json_add_int64(json, "set_aside", aet_merge_count.set_aside);
	aet_json_add_int64(json, "cut", aet_merge_count.cut);
	aet_json_add_int64(json, "lost", aet_merge_count.lost);
	aet_json_end_object(json);
}

void aet_status_print_merge(FILE *out)
{
	const struct aet_merge_count *count = &aet_merge_count;
	unsigned pending = aet_late_merge_pending();

	if (pending + count->taken + count->decided + count->set_aside + count->cut + count->lost ==
		0)
		return;
	(void)fprintf(out,
		"merge: %u entries taken, %u decided, %u set aside; processes: %u pending, %u lost; "
		"%u answers cut\n",
		count->taken, count->decided, count->set_aside, pending, count->lost, count->cut);
}
