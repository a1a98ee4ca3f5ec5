#include "state/inquiry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "fd.h"
#include "process/generation.h"
#include "process/member.h"
#include "state/state.h"
#include "state/state_order.h"
#include "state/state_set.h"

#define TEXT_MAX (1u << 20) /* bytes of an answer */

struct answer {
	uint32_t slot;
	char *text; /* owned, NUL-terminated; NULL: none yet */
	size_t length;
};

static struct answer answers[AET_STATE_PIECES_MAX];
static unsigned count;
static uint32_t serial; /* 0: no inquiry is in hand */
static uint32_t generation;

void aet_inquiry_end(void)
{
	for (unsigned i = 0; i < count; i++)
		free(answers[i].text);
	count = 0;
	serial = 0;
}

bool aet_inquiry_begin(const struct aet_generation *of, uint32_t step)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found =
		aet_state_order(of->number, AETERNA_STEP_DUMP, slots, AET_STATE_PIECES_MAX);

	aet_inquiry_end();
	for (unsigned i = 0; i < found; i++) {
		const struct aet_member *member = aet_member_of_slot(slots[i]);

		if (member && member->describes)
			answers[count++] = (struct answer){.slot = slots[i]};
	}
	if (count == 0)
		return false;
	generation = of->number;
	serial = aet_state_ask(step, generation);
	return true;
}

/* A process that has left will not answer. */
static bool is_awaited(const struct answer *answer)
{
	const struct aet_member *member = aet_member_of_slot(answer->slot);

	return !answer->text && member && member->generation == generation;
}

bool aet_inquiry_is_over(void)
{
	for (unsigned i = 0; i < count; i++)
		if (is_awaited(&answers[i]))
			return false;
	return true;
}

void aet_inquiry_nudge(void)
{
	if (!aet_inquiry_is_over())
		aet_members_wake(generation);
}

static char *read_text(int fd, size_t *ret_length)
{
	struct stat info;
	size_t length;
	char *text;

	if (fd < 0 || fstat(fd, &info) < 0 || info.st_size < 0)
		return NULL;
	length = info.st_size > TEXT_MAX ? TEXT_MAX : (size_t)info.st_size;
	text = malloc(length + 1);
	if (!text)
		return NULL;
	if (pread(fd, text, length, 0) != (ssize_t)length)
		length = 0;
	text[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t') ||
			text[i] == 0x7f)
			text[i] = '?';
	*ret_length = length;
	return text;
}

void aet_inquiry_take(int fd, struct aet_message *request)
{
	const struct aet_described *note =
		AET_MESSAGE_BODY(request, AET_MSG_DESCRIBED, aet_described);
	struct aet_described_reply reply = {0};
	AET_CLOSE int file = aet_message_take_fd(request, 0);

	for (unsigned i = 0; serial != 0 && note->serial == serial && i < count; i++)
		if (answers[i].slot == note->slot && !answers[i].text)
			answers[i].text = read_text(file, &answers[i].length);
	aet_header_init(
		&reply.header, AET_MSG_DESCRIBED | AET_WIRE_REPLY, request->header.serial, 0);
	(void)aet_message_send(fd, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
}

static void split(char *line, struct aet_inquiry_line *ret)
{
	ret->count = 0;
	for (unsigned i = 0; i < AET_INQUIRY_FIELDS; i++)
		ret->fields[i] = "";
	for (char *field; ret->count < AET_INQUIRY_FIELDS && (field = strsep(&line, "\t"));)
		ret->fields[ret->count++] = field;
}

/* Works on a copy: a visit may come again. */
static void visit_lines(const struct answer *answer, unsigned process,
	void (*visit)(const struct aet_inquiry_line *line, void *data), void *data)
{
	struct aet_inquiry_line line = {.process = process};
	char *copy = malloc(answer->length + 1);

	if (!copy)
		return;
	memcpy(copy, answer->text, answer->length + 1);
	for (char *next = copy, *text; (text = strsep(&next, "\n"));) {
		split(text, &line);
		if (line.fields[0][0])
			visit(&line, data);
	}
	free(copy);
}

void aet_inquiry_visit(void (*visit)(const struct aet_inquiry_line *line, void *data), void *data)
{
	for (unsigned i = 0; i < count; i++)
		if (answers[i].text)
			visit_lines(&answers[i], count > 1 ? i + 1 : 0, visit, data);
}
