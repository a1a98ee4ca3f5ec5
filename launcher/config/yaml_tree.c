/*
 * Makes a tree of libyaml's events. Recursion is bounded by AET_YAML_MAX_DEPTH; every node lives in
 * the region, so that one call frees everything after a failure.
 *
 * Refuses tags other than YAML's standard ones for text, lists and maps.
 */
#include "config/yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/region.h"

struct anchor {
	char *name;
	struct aet_yaml_node *node;
};

/* One run of the parser. It takes one event at a time and deletes it before the next. */
struct reader {
	yaml_parser_t parser;
	const char *text; /* the whole input, for the place of a bad byte */
	size_t length;
	struct aet_yaml_tree tree;
	struct anchor anchors[AET_YAML_MAX_ANCHORS];
	size_t anchor_count;
	struct aet_error *err;
};

static int read_node(
	struct reader *reader, yaml_event_t *event, int depth, struct aet_yaml_node **ret_node);

static int fail_at(struct reader *reader, const yaml_mark_t *mark, const char *text)
{
	return aet_error_set(reader->err, (int)mark->line + 1, (int)mark->column + 1, "%s", text);
}

static int fail_memory(struct reader *reader)
{
	(void)aet_error_set(reader->err, 0, 0, "out of memory");
	return -ENOMEM;
}

/* For a byte that it cannot read, libyaml reports only the offset. */
static int fail_bad_byte(struct reader *reader)
{
	size_t end = reader->parser.problem_offset;
	int line = 1, column = 1;

	for (size_t i = 0; i < end && i < reader->length; i++) {
		if (reader->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)reader->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return aet_error_set(reader->err, line, column, "is not a text file: %s",
		reader->parser.problem ? reader->parser.problem : "bad character");
}

static int fail_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "bad syntax";
	bool has_context = parser->context && *parser->context;

	if (parser->error == YAML_MEMORY_ERROR)
		return fail_memory(reader);
	if (parser->error == YAML_READER_ERROR)
		return fail_bad_byte(reader);
	return aet_error_set(reader->err, (int)parser->problem_mark.line + 1,
		(int)parser->problem_mark.column + 1, "is not valid YAML: %s%s%s", problem,
		has_context ? " " : "", has_context ? parser->context : "");
}

static int next_event(struct reader *reader, yaml_event_t *ret_event)
{
	if (!yaml_parser_parse(&reader->parser, ret_event))
		return fail_syntax(reader);
	return 0;
}

static int new_node(struct reader *reader, const yaml_event_t *event, enum aet_yaml_kind kind,
	struct aet_yaml_node **ret_node)
{
	struct aet_yaml_node *node = NULL;

	if (reader->tree.count >= AET_YAML_MAX_NODES)
		return fail_at(reader, &event->start_mark, "there are too many values");
	node = aet_region_malloc(sizeof(*node));
	if (!node)
		return fail_memory(reader);

	*node = (struct aet_yaml_node){.kind = kind,
		.line = (int)event->start_mark.line + 1,
		.column = (int)event->start_mark.column + 1};
	reader->tree.count++;
	*ret_node = node;
	return 0;
}

static int check_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *tag)
{
	static const char *const known[] = {YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG};

	if (!tag || strcmp((const char *)tag, "!") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp((const char *)tag, known[i]) == 0)
			return 0;
	return aet_error_set(reader->err, (int)event->start_mark.line + 1,
		(int)event->start_mark.column + 1, "the tag '%s' has no meaning here", tag);
}

/* Remembers a complete node: an alias inside the anchor that it names finds nothing. */
static int set_anchor(struct reader *reader, const yaml_mark_t *mark, const char *name,
	struct aet_yaml_node *node)
{
	struct anchor *anchor = reader->anchors;

	while (anchor < reader->anchors + reader->anchor_count && strcmp(anchor->name, name) != 0)
		anchor++;
	if (anchor == reader->anchors + AET_YAML_MAX_ANCHORS)
		return fail_at(reader, mark, "there are too many anchors");
	if (anchor == reader->anchors + reader->anchor_count) {
		anchor->name = aet_region_strdup(name);
		if (!anchor->name)
			return fail_memory(reader);
		reader->anchor_count++;
	}
	anchor->node = node;
	return 0;
}

static int read_alias(
	struct reader *reader, const yaml_event_t *event, struct aet_yaml_node **ret_node)
{
	const char *name = (const char *)event->data.alias.anchor;

	for (size_t i = 0; i < reader->anchor_count; i++) {
		if (strcmp(reader->anchors[i].name, name) == 0) {
			*ret_node = reader->anchors[i].node;
			return 0;
		}
	}
	return aet_error_set(reader->err, (int)event->start_mark.line + 1,
		(int)event->start_mark.column + 1, "the alias '*%s' has no anchor before it", name);
}

static int read_scalar(
	struct reader *reader, const yaml_event_t *event, struct aet_yaml_node **ret_node)
{
	const char *value = (const char *)event->data.scalar.value;
	struct aet_yaml_node *node = NULL;
	int r;

	r = check_tag(reader, event, event->data.scalar.tag);
	if (r < 0)
		return r;
	if (memchr(value, '\0', event->data.scalar.length))
		return fail_at(reader, &event->start_mark, "text cannot hold a NUL character");
	r = new_node(reader, event, AET_YAML_SCALAR, &node);
	if (r < 0 || !node)
		return r;

	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = aet_region_strdup(value);
	if (!node->text)
		return fail_memory(reader);
	*ret_node = node;
	return 0;
}

/* Room doubles at every power of two, so the count alone tells when it is full. */
static int add_item(
	struct reader *reader, struct aet_yaml_node *node, size_t used, struct aet_yaml_node *item)
{
	if ((used & (used - 1)) == 0) {
		size_t room = used ? used * 2 : 1;
		struct aet_yaml_node **items =
			aet_region_realloc(node->items, room * sizeof(*items));

		if (!items)
			return fail_memory(reader);
		node->items = items;
	}
	node->items[used] = item;
	return 0;
}

static int check_key(
	struct reader *reader, const struct aet_yaml_node *map, const struct aet_yaml_node *key)
{
	if (key->kind != AET_YAML_SCALAR)
		return aet_error_set(reader->err, key->line, key->column,
			"a key must be a word, not %s", aet_yaml_kind_name(key));

	for (size_t i = 0; i < map->count; i++) {
		const struct aet_yaml_node *other = aet_yaml_key(map, i);

		if (strcmp(other->text, key->text) == 0)
			return aet_error_set(reader->err, key->line, key->column,
				"duplicate key '%s', first given in line %d", key->text,
				other->line);
	}
	return 0;
}

/* Reads items up to the event that ends the list or map. */
static int read_items(struct reader *reader, struct aet_yaml_node *node, int depth)
{
	bool is_map = node->kind == AET_YAML_MAP;

	for (size_t used = 0;; used++) {
		struct aet_yaml_node *item = NULL;
		yaml_event_t event;
		int r;

		r = next_event(reader, &event);
		if (r < 0)
			return r;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return 0;
		}
		r = read_node(reader, &event, depth, &item);
		yaml_event_delete(&event);
		if (r == 0 && is_map && used % 2 == 0)
			r = check_key(reader, node, item);
		if (r == 0)
			r = add_item(reader, node, used, item);
		if (r < 0)
			return r;
		if (!is_map || used % 2 == 1)
			node->count++;
	}
}

static int read_collection(struct reader *reader, const yaml_event_t *event, int depth,
	struct aet_yaml_node **ret_node)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct aet_yaml_node *node = NULL;
	int r;

	if (depth >= AET_YAML_MAX_DEPTH)
		return fail_at(reader, &event->start_mark, "lists and maps are nested too deeply");
	r = check_tag(reader, event,
		is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
	if (r < 0)
		return r;
	r = new_node(reader, event, is_map ? AET_YAML_MAP : AET_YAML_LIST, &node);
	if (r < 0 || !node)
		return r;
	r = read_items(reader, node, depth + 1);
	if (r < 0)
		return r;

	*ret_node = node;
	return 0;
}

static int read_node(
	struct reader *reader, yaml_event_t *event, int depth, struct aet_yaml_node **ret_node)
{
	const yaml_char_t *anchor = NULL;
	int r;

	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(reader, event, ret_node);

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		r = read_scalar(reader, event, ret_node);
	} else {
		anchor = event->type == YAML_MAPPING_START_EVENT
			? event->data.mapping_start.anchor
			: event->data.sequence_start.anchor;
		r = read_collection(reader, event, depth, ret_node);
	}
	if (r < 0 || !anchor)
		return r;
	return set_anchor(reader, &event->start_mark, (const char *)anchor, *ret_node);
}

/* The one document of the file, or none. */
static int read_document(struct reader *reader)
{
	yaml_event_t event;
	int r;

	for (;;) {
		r = next_event(reader, &event);
		if (r < 0)
			return r;
		if (event.type == YAML_STREAM_END_EVENT) {
			yaml_event_delete(&event);
			return 0;
		}
		if (event.type == YAML_DOCUMENT_START_EVENT && reader->tree.root)
			r = fail_at(reader, &event.start_mark, "a second document begins here");
		else if (event.type != YAML_STREAM_START_EVENT &&
			event.type != YAML_DOCUMENT_START_EVENT &&
			event.type != YAML_DOCUMENT_END_EVENT)
			r = read_node(reader, &event, 0, &reader->tree.root);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
}

int aet_yaml_parse(
	const char *text, size_t length, struct aet_yaml_tree *ret_tree, struct aet_error *err)
{
	struct reader reader = {.text = text, .length = length, .err = err};
	int r;

	if (aet_region_open() < 0)
		return fail_memory(&reader);
	r = yaml_parser_initialize(&reader.parser) ? 0 : fail_memory(&reader);
	if (r == 0) {
		yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
		r = read_document(&reader);
		yaml_parser_delete(&reader.parser);
	}
	if (r < 0 || reader.tree.count == 0)
		aet_region_close();
	if (r == 0)
		*ret_tree = reader.tree;
	return r;
}

void aet_yaml_free(struct aet_yaml_tree *tree)
{
	if (tree->count > 0)
		aet_region_close();
	*tree = (struct aet_yaml_tree){0};
}
