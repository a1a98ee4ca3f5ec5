#include "state/python.h"

#include "core/client.h"
#include "core/lib.h"
#include "core/symbols.h"
#include "sys.h"

/* CPython's own interface, the same since 2.3; it is found at run time or not at all. */
struct interpreter {
	int (*is_initialized)(void);
	int (*enter)(void);
	void (*leave)(int state);
	int (*run)(const char *text);
};

#define SCRIPT_BEGIN "exec(compile(open("
#define SCRIPT_END                                                                                 \
	", 'rb', closefd=False).read(), 'aeterna', 'exec'), {'__name__': '_aeterna_attach', 'fd': "

static int find(struct interpreter *ret)
{
	ret->is_initialized = (int (*)(void))aet_symbol_find("Py_IsInitialized");
	ret->enter = (int (*)(void))aet_symbol_find("PyGILState_Ensure");
	ret->leave = (void (*)(int))aet_symbol_find("PyGILState_Release");
	ret->run = (int (*)(const char *))aet_symbol_find("PyRun_SimpleString");
	return ret->is_initialized && ret->enter && ret->leave && ret->run;
}

/* The script's descriptor; below 0: the launcher does not want it. */
static int ask_for_script(void)
{
	struct aet_attach question = {.slot = aet_lib.slot_number};
	struct aet_message reply;
	int fd;

	if (aet_client_ask(AET_MSG_ATTACH, &question, sizeof(question), NULL, 0, &reply,
		    sizeof(struct aet_attach_reply)) < 0)
		return -1;
	fd = aet_message_take_fd(&reply, 0);
	aet_message_drop(&reply);
	return fd;
}

static char *put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, int number)
{
	char digits[12];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*to++ = digits[--count];
	return to;
}

/* The script closes its descriptor. */
static void format(char *text, int fd)
{
	text = put_number(put(text, SCRIPT_BEGIN), fd);
	text = put_number(put(text, SCRIPT_END), fd);
	*put(text, "})\n") = '\0';
}

void aet_python_attach(void)
{
	char text[sizeof(SCRIPT_BEGIN) + sizeof(SCRIPT_END) + 32];
	struct interpreter python;
	int state;
	int fd;

	if (!find(&python) || !python.is_initialized())
		return;
	fd = ask_for_script();
	if (fd < 0)
		return;
	format(text, fd);
	state = python.enter();
	(void)python.run(text);
	python.leave(state);
}
