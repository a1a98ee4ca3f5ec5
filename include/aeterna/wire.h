/*
 * What travels between the preload library, the commands and the launcher: fixed structs in host
 * byte order over SOCK_SEQPACKET, one datagram a message, at most AET_MESSAGE_MAX bytes. Structs
 * grow at the end only; a longer body than expected is accepted and its tail ignored, a shorter
 * one refused. A message that lost descriptors (MSG_CTRUNC) or bytes (MSG_TRUNC) is a failure.
 */
#ifndef AETERNA_WIRE_H
#define AETERNA_WIRE_H

#include <assert.h>
#include <stdint.h>

#include "aeterna/address.h"

#define AET_WIRE_MAGIC   0x31544541u /* "AET1" */
#define AET_WIRE_VERSION 1
#define AET_MESSAGE_MAX  256 /* bytes of the largest message, so that one stack buffer serves */
#define AET_MESSAGE_FDS  32 /* descriptors one message may carry; the kernel's most is 253 */
#define AET_FDS_BATCH    32 /* of them, beside a REPORT or in answer to FDS */
#define AET_QUEUE_BATCH  32 /* connections one message of a handoff queue carries */
#define AET_WIRE_REPLY   0x8000u

enum aet_message_type {
#define MSG(number, NAME, name, in_min, in_max, out_min, out_max) AET_MSG_##NAME = (number),
#define NOTE(number, NAME, name)                                  AET_MSG_##NAME = (number),
#define RETIRED(number, NAME)                                     AET_MSG_RETIRED_##NAME = (number),
#include "aeterna/messages.def"
};

struct aet_header {
	uint32_t magic;
	uint16_t type;
	uint16_t version; /* of the sender */
	uint32_t serial; /* chosen by the asker, echoed */
	int32_t error; /* replies: 0 or a positive errno */
};

/* Proves descent: the token is in the environment of the program and of nothing else. */
struct aet_credential {
	uint8_t token[16];
	uint32_t generation;
	uint32_t reserved;
};

enum aet_verdict {
	AET_VERDICT_PASS = 0, /* not ours: go on as if we were not there */
	AET_VERDICT_ADOPT =
		1, /* BIND: the kept listener is yours. out: listener, placeholder, handoff queue */
	AET_VERDICT_KEPT = 2, /* OFFER: now kept. out: placeholder, listener, handoff queue */
	AET_VERDICT_KNOWN = 3, /* OFFER: it is a kept listener. out: likewise */
	AET_VERDICT_PLACEHOLDER = 4, /* OFFER: it is a placeholder. out: likewise */
	AET_VERDICT_HELD = 5, /* PATH: the file belongs to a kept listener */
	AET_VERDICT_CLAIMED = 6, /* OFFER: its bind() was answered ADOPT. out: likewise */
	AET_VERDICT_JOIN =
		7, /* BIND: as PASS; the program has state, and this process takes part */
};

/* Properties of a socket that are part of its identity, or of how it came to be. */
#define AET_SOCKET_REUSEPORT 0x1u
#define AET_SOCKET_V6ONLY    0x2u
#define AET_SOCKET_ANY_PORT  0x4u /* the program asked for port 0 */
#define AET_SOCKET_IF_KNOWN  0x8u /* OFFER: only tell whether it is ours, do not keep it */
#define AET_SOCKET_OWN_NAME  0x10u /* OFFER: it is named after its process: no other binds it */
#define AET_SOCKET_TO_LISTEN 0x100u /* OFFER: bound, and the launcher is to call listen() on it */

struct aet_hello {
	struct aet_header header;
	struct aet_credential credential;
};

struct aet_hello_reply {
	struct aet_header header;
	uint32_t slot; /* in the page */
	uint32_t reserved;
};

struct aet_bind {
	struct aet_header header;
	struct aet_credential credential;
	uint64_t cookie; /* SO_COOKIE of the program's own socket */
	uint32_t flags;
	uint32_t reserved;
	struct aet_address address;
};

struct aet_bind_reply {
	struct aet_header header;
	uint32_t verdict;
	uint32_t listener;
	struct aet_address address; /* what getsockname(2) has to say */
};

struct aet_offer {
	struct aet_header header;
	struct aet_credential credential;
	uint64_t cookie; /* SO_COOKIE of the offered socket */
	uint32_t flags;
	int32_t backlog;
	struct aet_address address;
};

struct aet_offer_reply {
	struct aet_header header;
	uint32_t verdict;
	uint32_t listener;
	struct aet_address address;
};

struct aet_path {
	struct aet_header header;
	struct aet_credential credential;
	uint64_t dev;
	uint64_t ino;
};

struct aet_path_reply {
	struct aet_header header;
	uint32_t verdict;
	uint32_t reserved;
};

struct aet_state {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot; /* of the process that takes part; its dump may run in a child of it */
	uint32_t step; /* AETERNA_STEP_* of module.h */
};

struct aet_state_reply {
	struct aet_header header;
	uint32_t step; /* as asked; 0: nothing to do */
	uint32_t mechanism; /* AETERNA_SHM, AETERNA_PIPE */
	uint64_t capacity;
	uint64_t generation;
	uint8_t run_id[16];
	uint32_t fd_count; /* of all that came with it; the first ones are in this message */
	uint32_t flags; /* as in module.h */
};

#define AET_REPORT_MORE   1 /* descriptors alone, the outcome and the rest of them follow */
#define AET_REPORT_COPIED 2 /* a copy of the process writes, which may go on; the outcome follows */

struct aet_report {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t step; /* AETERNA_STEP_*; from a copy, with the step's serial from bit 8 on */
	int32_t error; /* 0, or a positive errno */
	uint32_t more; /* 0: the outcome; AET_REPORT_* */
	char reason[24]; /* a word of docs/state.md, NUL-terminated */
	char text[160]; /* a sentence, NUL-terminated */
	uint32_t taken; /* these three: of a merge, entries */
	uint32_t decided;
	uint32_t set_aside;
	uint32_t reserved;
};

struct aet_report_reply {
	struct aet_header header;
};

struct aet_fds {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t first; /* of those beside the container that is being loaded */
	uint32_t count; /* at most AET_FDS_BATCH */
	uint32_t reserved;
};

struct aet_fds_reply {
	struct aet_header header;
};

struct aet_names {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t reserved;
};

struct aet_names_reply {
	struct aet_header header;
};

struct aet_attach {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t reserved;
};

struct aet_attach_reply {
	struct aet_header header;
	uint32_t granted; /* 1: a descriptor comes along */
	uint32_t reserved;
};

struct aet_loaded {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t count; /* of struct aet_section_note (state.h) in the file */
};

struct aet_loaded_reply {
	struct aet_header header;
};

struct aet_described {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t slot;
	uint32_t serial; /* of the step */
};

struct aet_described_reply {
	struct aet_header header;
};

struct aet_view {
	struct aet_header header;
	struct aet_credential credential;
};

struct aet_view_reply {
	struct aet_header header;
};

struct aet_knock {
	struct aet_header header;
	struct aet_credential credential;
	uint32_t listener;
	uint32_t reserved;
};

struct aet_knock_reply {
	struct aet_header header;
};

struct aet_wake {
	struct aet_header header;
};

struct aet_interest {
	struct aet_header header;
	uint32_t listener;
	uint32_t reserved;
};

#define AET_WITHDRAW_CLAIM 1u /* the process bound it, and closed the socket without listen() */

struct aet_withdraw {
	struct aet_header header;
	uint32_t listener;
	uint32_t flags; /* AET_WITHDRAW_* */
};

struct aet_adopted {
	struct aet_header header;
	uint32_t listener;
	int32_t backlog; /* of the program's listen() */
};

struct aet_gated {
	struct aet_header header;
	uint64_t word; /* the phase word this answers */
};

struct aet_moved {
	struct aet_header header;
	uint32_t listener;
	uint16_t count;
	uint16_t closed; /* they were closed, not handed over */
	uint32_t inodes[AET_QUEUE_BATCH]; /* as sock_diag(7) names them */
};

struct aet_stayed {
	struct aet_header header;
	uint32_t listener;
	uint32_t count; /* 0, from one that may take over: it has no room for them */
};

struct aet_connections {
	struct aet_header header;
	uint32_t count; /* of the descriptors in this message */
	uint32_t reserved;
};

struct aet_followed {
	struct aet_header header;
	uint64_t word;
};

#define AET_HOOKS_DUMPS     0x1u
#define AET_HOOKS_DESCRIBES 0x2u /* beside the other: this process can say what its state is */
#define AET_HOOKS_MERGES    0x4u /* ... what it changes after a dump could be merged into another */

struct aet_hooks {
	struct aet_header header;
	uint32_t dumps; /* AET_HOOKS_* */
	uint32_t loads;
	uint64_t bytes; /* about as much would be dumped now; 0: nobody knows */
};

struct aet_stands {
	struct aet_header header;
	uint64_t word;
};

struct aet_let_go {
	struct aet_header header;
	uint32_t threads;
	uint32_t seconds; /* for which an answer had not come on */
};

struct aet_wanted {
	struct aet_header header;
};

#define AET_COMMAND_JSON    0x1u
#define AET_COMMAND_DISCARD 0x2u /* reload: all state is lost on purpose, or what the file names */

struct aet_command {
	struct aet_header header;
	uint32_t flags;
	uint32_t reserved;
};

struct aet_command_reply {
	struct aet_header header;
	int32_t exit_code;
	uint32_t reserved;
	char text[192]; /* one line for standard error, NUL-terminated; may be empty */
};

/* Begins like a command. */
struct aet_restore {
	struct aet_header header;
	uint32_t flags;
	uint32_t reserved;
	char name
		[64]; /* of a state that is set aside, NUL-terminated; empty: the one that is kept */
};

struct aet_restore_reply {
	struct aet_header header;
	int32_t exit_code;
	uint32_t reserved;
	char text[192];
};

static_assert(sizeof(struct aet_header) == 16, "wire");
static_assert(sizeof(struct aet_address) == 120, "wire");
static_assert(sizeof(struct aet_credential) == 24, "wire");
static_assert(sizeof(struct aet_bind) == 176, "wire");
static_assert(sizeof(struct aet_bind_reply) == 144, "wire");
static_assert(sizeof(struct aet_offer) == 176, "wire");
static_assert(sizeof(struct aet_offer_reply) == 144, "wire");
static_assert(sizeof(struct aet_path) == 56, "wire");
static_assert(sizeof(struct aet_interest) == 24, "wire");
static_assert(sizeof(struct aet_gated) == 24, "wire");
static_assert(sizeof(struct aet_moved) == 152, "wire");
static_assert(sizeof(struct aet_connections) == 24, "wire");
static_assert(AET_QUEUE_BATCH <= AET_MESSAGE_FDS && AET_MESSAGE_FDS <= 253, "wire");
static_assert(AET_FDS_BATCH <= AET_MESSAGE_FDS, "wire");
static_assert(sizeof(struct aet_state) == 48, "wire");
static_assert(sizeof(struct aet_state_reply) == 64, "wire");
static_assert(sizeof(struct aet_fds) == 56, "wire");
static_assert(sizeof(struct aet_report) == 256, "wire");
static_assert(sizeof(struct aet_names) == 48, "wire");
static_assert(sizeof(struct aet_loaded) == 48, "wire");
static_assert(sizeof(struct aet_described) == 48, "wire");
static_assert(sizeof(struct aet_attach) == 48, "wire");
static_assert(sizeof(struct aet_hooks) == 32, "wire");
static_assert(sizeof(struct aet_knock) == 48, "wire");
static_assert(sizeof(struct aet_command) == 24, "wire");
static_assert(sizeof(struct aet_command_reply) == 216, "wire");
static_assert(sizeof(struct aet_restore) == 88, "wire");
static_assert(sizeof(struct aet_restore_reply) == 216, "wire");

#endif
