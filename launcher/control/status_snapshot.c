#include "control/status_snapshot.h"

#include <limits.h>

#include "base/json.h"
#include "base/loop.h"
#include "service/service.h"
#include "state/set_aside.h"
#include "state/snapshot_file.h"
#include "state/state.h"
#include "swap/swap.h"

static double age_s(uint64_t sealed_us)
{
	return (double)(int64_t)(aet_now_us() - sealed_us) / 1e6;
}

/* About the file; null where there is none yet. */
static void add_file(struct aet_json *json)
{
	const struct aet_snapshot_file_info *file = aet_snapshot_file_now();

	if (!aet_service.config->snapshot_file)
		return;
	aet_json_add_string(json, "file", aet_service.config->snapshot_file);
	if (file->is_written) {
		aet_json_add_double(json, "file_age_s", age_s(file->sealed_us));
		aet_json_add_int64(json, "file_bytes", (int64_t)file->bytes);
	} else {
		aet_json_add_null(json, "file_age_s");
		aet_json_add_null(json, "file_bytes");
	}
	aet_json_add_string(json, "file_error", file->error[0] ? file->error : NULL);
}

static void add_kept(struct aet_json *json)
{
	bool is_kept = aet_state_is_snapshot();

	if (!is_kept && !aet_service.config->snapshot_file &&
		aet_service.config->snapshot_every_ms == 0) {
		aet_json_add_null(json, "snapshot");
		return;
	}
	aet_json_key(json, "snapshot");
	aet_json_begin_object(json);
	if (is_kept) {
		aet_json_add_double(json, "age_s", (double)aet_state_kept_age_us() / 1e6);
		aet_json_add_int64(json, "bytes", (int64_t)aet_state_kept_bytes());
	} else {
		aet_json_add_null(json, "age_s");
		aet_json_add_null(json, "bytes");
	}
	add_file(json);
	aet_json_add_int64(json, "skipped", aet_swap.skipped);
	aet_json_end_object(json);
}

void aet_status_add_snapshot(struct aet_json *json)
{
	const struct aet_set_aside *aside;
	char path[PATH_MAX];

	add_kept(json);
	aet_json_key(json, "set_aside");
	aet_json_begin_array(json);
	for (unsigned i = 0; (aside = aet_set_aside_get(i)); i++) {
		aet_json_begin_object(json);
		aet_json_add_string(json, "name", aside->name);
		aet_json_add_double(json, "age_s", age_s(aside->sealed_us));
		aet_json_add_int64(json, "bytes", (int64_t)aside->bytes);
		aet_json_add_string(json, "why", aside->why);
		aet_json_add_string(
			json, "file", aet_set_aside_path(aside, path, sizeof(path)) ? path : NULL);
		aet_json_end_object(json);
	}
	aet_json_end_array(json);
}

static void print_file(FILE *out)
{
	const struct aet_snapshot_file_info *file = aet_snapshot_file_now();

	if (!aet_service.config->snapshot_file)
		return;
	(void)fprintf(out, "snapshot file: %s: ", aet_service.config->snapshot_file);
	if (file->is_written)
		(void)fprintf(out, "%llu bytes, %.0f s old\n", (unsigned long long)file->bytes,
			age_s(file->sealed_us));
	else
		(void)fprintf(out, "none is written yet\n");
	if (file->error[0])
		(void)fprintf(out, "snapshot file: the last one failed: %s\n", file->error);
}

void aet_status_print_snapshot(FILE *out)
{
	const struct aet_set_aside *aside;

	if (aet_state_is_snapshot())
		(void)fprintf(out, "snapshot: %llu bytes, %.0f s old\n",
			(unsigned long long)aet_state_kept_bytes(),
			(double)aet_state_kept_age_us() / 1e6);
	print_file(out);
	if (aet_swap.skipped > 0)
		(void)fprintf(out, "snapshot: %u in a row were skipped, the program was busy\n",
			aet_swap.skipped);
	for (unsigned i = 0; (aside = aet_set_aside_get(i)); i++)
		(void)fprintf(out, "set aside: %s, %llu bytes, %.0f s old: %s\n", aside->name,
			(unsigned long long)aside->bytes, age_s(aside->sealed_us), aside->why);
}
