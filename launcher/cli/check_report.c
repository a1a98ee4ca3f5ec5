/*
 * The report of `check` as text for people and as JSON for scripts; both say the same.
 */
#include "cli/check_report.h"

#include "base/json.h"
#include "inspect/known_program.h"
#include "util.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

static const char *hook_name(enum aet_elf_hook hook)
{
	switch (hook) {
	case AET_ELF_HOOK_EXPORTED:
		return "exported";
	case AET_ELF_HOOK_HIDDEN:
		return "hidden";
	case AET_ELF_HOOK_ABSENT:
	default:
		return "absent";
	}
}

__attribute__((format(printf, 2, 3))) static void note(
	struct aet_check_report *report, const char *format, ...)
{
	va_list args;

	if (report->note_count == AET_CHECK_NOTES_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(
		report->notes[report->note_count++], sizeof(report->notes[0]), format, args);
	va_end(args);
}

static void note_hook(struct aet_check_report *report, const char *name, enum aet_elf_hook hook)
{
	if (hook == AET_ELF_HOOK_HIDDEN)
		note(report, "%s() is defined but not exported: link the program with -rdynamic",
			name);
}

/* Where the program's listeners come from. */
static void note_listen(struct aet_check_report *report)
{
	const struct aet_config *config = report->config;

	if (!config->listen[0] && report->exit_code == 0)
		note(report,
			"listeners are learned from the program's own bind(); one that uses "
			"FD 3 instead of bind() needs service.listen");
	else if (config->listen[0] && aet_program_needs_listen(report->program))
		note(report,
			"the program swaps by descriptor passing: it must serve FD 3 and on, "
			"and is neither gated nor asked for state");
}

/* By the name of the program, or of its interpreter. */
static bool is_python(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "python", 6) == 0;
}

/* A dump must freeze connections; with drain the library does not see them. */
static void note_drain(struct aet_check_report *report)
{
	const struct aet_config *config = report->config;
	const struct aet_elf_image *elf = &report->program->elf;

	if (config->connections != AET_CONNECTIONS_DRAIN)
		return;
	if (elf->dump_hook == AET_ELF_HOOK_EXPORTED || (config->state && config->state[0]))
		note(report,
			"connections: drain, and there is state: connections are followed all the "
			"same, so that the dump can hold them, and what is open is closed at the "
			"commit");
	else if (is_python(report->program->path) || is_python(report->program->image))
		note(report,
			"connections: drain: a program that uses the module aeterna is not "
			"followed before its second generation, whose predecessor's dump waits for "
			"no request; connections: migrate follows the first as well");
}

/* What the program's name says of its end, and of two of it at a time. */
static void note_known(struct aet_check_report *report)
{
	const struct aet_config *config = report->config;
	const struct aet_program *program = report->program;
	const struct aet_known_program *known = aet_known_program_find(program->path);

	if (known && known->stop_signal && config->stop_signal == SIGTERM)
		note(report, "'%s' %s: set service.stop_signal: %s", program->path,
			known->why_not_term, known->stop_signal);
	if (config->overlap && (program->is_exclusive || (known && known->is_exclusive)))
		note(report,
			"'%s' takes a lock or a PID file and does not run twice: set "
			"handoff.overlap: false",
			program->is_exclusive ? program->wrapper : program->path);
}

void aet_check_report_add_notes(struct aet_check_report *report)
{
	const struct aet_program *program = report->program;
	enum aet_program_verdict verdict = program->verdict;

	if (verdict != AET_PROGRAM_OK && !aet_program_needs_listen(program))
		return;
	if (report->exit_code == 0 && program->advice[0])
		note(report, "%s", program->advice);
	note_listen(report);
	note_known(report);
	note_drain(report);
	note_hook(report, "aeterna_dump_state", program->elf.dump_hook);
	note_hook(report, "aeterna_load_state", program->elf.load_hook);
	if (program->is_java)
		note(report, "Java: sockets are handed over, state is not");
	if (program->is_unreadable)
		note(report, "'%s' may be executed but not read: nothing is known of its inside",
			program->image);
	if (verdict == AET_PROGRAM_OK && !program->is_unreadable &&
		program->libc == AET_LIBC_UNKNOWN)
		note(report, "the C library behind '%s' is not known: glibc and musl work",
			program->elf.interpreter);
}

static const char *summary(const struct aet_check_report *report)
{
	if (!report->config)
		return "bad configuration";
	switch (report->exit_code) {
	case 0:
		return "ok";
	case 1:
		return report->running ? "a reload would be refused"
				       : "the program cannot be supervised";
	case 126:
		return "the program cannot be executed";
	default:
		return "the program cannot be found";
	}
}

static void print_program(FILE *out, const struct aet_program *program)
{
	const struct aet_elf_image *elf = &program->elf;

	if (!program->path[0])
		return;
	(void)fprintf(out, "program: %s\n", program->path);
	if (program->wrapper[0])
		(void)fprintf(out, "run by: %s\n", program->wrapper);
	if (program->is_script)
		(void)fprintf(out, "interpreter: %s\n", program->image);
	if (!elf->machine)
		return;
	(void)fprintf(out, "kind: %s, %u bits, %s", aet_elf_machine_name(elf->machine),
		(unsigned)elf->bits,
		elf->is_foreign          ? "foreign"
			: elf->is_static ? "static"
					 : aet_libc_name(program->libc));
	(void)fprintf(out, "%s%s%s%s%s\n", elf->is_go ? ", Go" : "",
		program->is_java ? ", Java" : "", program->is_setuid ? ", setuid" : "",
		program->is_setgid ? ", setgid" : "",
		program->has_capabilities ? ", file capabilities" : "");
	(void)fprintf(out, "hooks: aeterna_dump_state %s, aeterna_load_state %s\n",
		hook_name(elf->dump_hook), hook_name(elf->load_hook));
}

void aet_check_report_print(FILE *out, const struct aet_check_report *report)
{
	const struct aet_config *config = report->config;

	if (config) {
		(void)fprintf(out, "configuration: %s%s\n", config->has_file ? config->path : "",
			config->has_file ? "" : "none, defaults");
		(void)fprintf(out, "name: %s\n", config->name);
		(void)fputs("command:", out);
		for (char **word = config->command; *word; word++)
			(void)fprintf(out, " %s", *word);
		(void)fputc('\n', out);
		print_program(out, report->program);
		for (char **address = config->listen; *address; address++)
			(void)fprintf(out, "listen: %s as FD %d\n", *address,
				3 + (int)(address - config->listen));
	}
	for (unsigned i = 0; i < report->note_count; i++)
		(void)fprintf(out, "note: %s\n", report->notes[i]);
	if (report->running)
		(void)fputs(report->running, out);
	(void)fprintf(out, "result: %s\n", summary(report));
}

static void add_strings(struct aet_json *json, const char *key, char **strings)
{
	aet_json_key(json, key);
	aet_json_begin_array(json);
	for (; *strings; strings++)
		aet_json_string(json, *strings);
	aet_json_end_array(json);
}

static void add_text(struct aet_json *json, const char *key, const char *text)
{
	aet_json_key(json, key);
	aet_json_string(json, text && *text ? text : NULL);
}

static void add_program(struct aet_json *json, const struct aet_program *program)
{
	const struct aet_elf_image *elf = &program->elf;

	aet_json_begin_object(json);
	add_text(json, "verdict", aet_program_verdict_name(program->verdict));
	add_text(json, "path", program->path);
	add_text(json, "wrapper", program->wrapper);
	add_text(json, "interpreter", program->is_script ? program->image : NULL);
	add_text(json, "machine", elf->machine ? aet_elf_machine_name(elf->machine) : NULL);
	add_text(json, "libc",
		program->libc == AET_LIBC_UNKNOWN ? NULL : aet_libc_name(program->libc));
	aet_json_add_bool(json, "script", program->is_script);
	aet_json_add_bool(json, "static", elf->machine && !elf->is_foreign && elf->is_static);
	aet_json_add_bool(json, "go", elf->is_go);
	aet_json_add_bool(json, "java", program->is_java);
	aet_json_add_bool(json, "setuid", program->is_setuid);
	aet_json_add_bool(json, "setgid", program->is_setgid);
	aet_json_add_bool(json, "capabilities", program->has_capabilities);
	aet_json_key(json, "hooks");
	aet_json_begin_object(json);
	add_text(json, "aeterna_dump_state", hook_name(elf->dump_hook));
	add_text(json, "aeterna_load_state", hook_name(elf->load_hook));
	aet_json_end_object(json);
	aet_json_end_object(json);
}

static void add_place(struct aet_json *json, const struct aet_check_report *report)
{
	aet_json_begin_object(json);
	add_text(json, "file", report->error_path);
	aet_json_add_int64(json, "line", report->error->line);
	aet_json_add_int64(json, "column", report->error->column);
	add_text(json, "text", report->error->text);
	aet_json_end_object(json);
}

static void add_report(struct aet_json *json, const struct aet_check_report *report)
{
	const struct aet_config *config = report->config;

	aet_json_begin_object(json);
	aet_json_add_bool(json, "ok", report->exit_code == 0);
	aet_json_add_int64(json, "exit_code", report->exit_code);
	add_text(json, "problem", report->problem);
	if (config) {
		add_text(json, "config", config->has_file ? config->path : NULL);
		add_text(json, "name", config->name);
		add_strings(json, "command", config->command);
		add_strings(json, "listen", config->listen);
		aet_json_key(json, "program");
		add_program(json, report->program);
	} else {
		aet_json_key(json, "error");
		add_place(json, report);
	}
	aet_json_key(json, "notes");
	aet_json_begin_array(json);
	for (unsigned i = 0; i < report->note_count; i++)
		aet_json_string(json, report->notes[i]);
	aet_json_end_array(json);
	aet_json_key(json, "running");
	aet_json_raw(json, report->running);
	aet_json_end_object(json);
}

int aet_check_report_print_json(FILE *out, const struct aet_check_report *report)
{
	struct aet_json json;

	aet_json_init(&json);
	add_report(&json, report);
	return aet_json_print(&json, out);
}
