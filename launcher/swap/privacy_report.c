#include "swap/privacy_report.h"

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "listen/private.h"

struct one {
	const struct aet_address *address;
	uint32_t generation;
	enum aet_privacy privacy;
	bool is_held; /* the launcher has a descriptor of it */
};

typedef void private_visit(const struct one *one, void *data);

static void visit_all(private_visit *visit, void *data)
{
	AET_FOREACH_LISTENER(l)
		if (l->is_private)
			visit(&(struct one){&l->address, l->adopted, l->privacy, true}, data);
	AET_FOREACH_PRIVATE(p)
		visit(&(struct one){&p->address, p->generation, p->privacy, false}, data);
}

static void add_one(const struct one *one, void *data)
{
	char text[AET_ADDRESS_TEXT];
	struct aet_json *json = data;

	aet_json_begin_object(json);
	aet_json_add_string(json, "address", aet_address_format(one->address, text, sizeof(text)));
	aet_json_add_int64(json, "generation", one->generation);
	aet_json_add_string(json, "why", aet_privacy_text(one->privacy));
	aet_json_add_bool(json, "held", one->is_held);
	aet_json_end_object(json);
}

void aet_privacy_report_add(struct aet_json *json)
{
	aet_json_key(json, "private_listeners");
	aet_json_begin_array(json);
	visit_all(add_one, json);
	aet_json_end_array(json);
}

static void print_one(const struct one *one, void *data)
{
	char text[AET_ADDRESS_TEXT];
	FILE *out = data;

	(void)fprintf(out, "private listener: %s (generation %u: %s)\n",
		aet_address_format(one->address, text, sizeof(text)), one->generation,
		aet_privacy_text(one->privacy));
}

void aet_privacy_report_print(FILE *out)
{
	visit_all(print_one, out);
}

void aet_privacy_report_add_public(struct aet_json *json)
{
	char text[AET_ADDRESS_TEXT];

	aet_json_key(json, "public_listeners");
	aet_json_begin_array(json);
	AET_FOREACH_PUBLIC(l)
		aet_json_string(json, aet_address_format(&l->address, text, sizeof(text)));
	aet_json_end_array(json);
}

void aet_privacy_report_print_public(FILE *out)
{
	char text[AET_ADDRESS_TEXT];

	AET_FOREACH_PUBLIC(l)
		(void)fprintf(out, "public listener: %s\n",
			aet_address_format(&l->address, text, sizeof(text)));
}
