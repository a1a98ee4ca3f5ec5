# Server programs for the integration tests: ordinary programs, built in ordinary ways.
P := $(B)/programs
PROGRAM_CFLAGS := -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -O2 -g
GO ?= go
RUSTC ?= rustc
JAVA ?= java

C_PROGRAMS := $(addprefix $(P)/,$(basename $(notdir $(wildcard tests/programs/*.c))))
MUSL_PROGRAMS := $(P)/threaded-musl $(P)/threaded-static
FORTIFIED_PROGRAMS := $(P)/loops-fortified
# counter in other ways: against musl, with hooks nobody can find, and in a library.
COUNTERS := $(P)/counter-musl $(P)/counter-bare $(P)/counter.so
GO_LIBRARIES := $(P)/go_library.so $(P)/go_library_bare.so
# held without hooks, and with the one that loads.
HELD := $(P)/held-bare $(P)/held-loads
STATIC_PROGRAMS := $(P)/go_server $(P)/rust_server $(P)/tini
PRELOADS := $(P)/count.so $(P)/first_request.so $(P)/tamper.so

JAVA_PROGRAMS := $(patsubst tests/programs/%.java,$(P)/java/%.class,$(wildcard tests/programs/*.java))

.PHONY: programs
programs: $(C_PROGRAMS) $(MUSL_PROGRAMS) $(FORTIFIED_PROGRAMS) $(COUNTERS) $(HELD) $(STATIC_PROGRAMS) \
	$(GO_LIBRARIES) $(JAVA_PROGRAMS) $(PRELOADS)

$(P)/steps: tests/programs/steps.h
$(P)/framing: tests/programs/framing.h tests/programs/framing_io.h
# Where the compiler knows a buffer's size, glibc's fortified names are called.
$(P)/framing: PROGRAM_CFLAGS += -D_FORTIFY_SOURCE=2

$(P)/counter $(P)/held $(P)/ticker: PROGRAM_CFLAGS += -rdynamic

$(C_PROGRAMS): $(P)/%: tests/programs/%.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -pthread $< -o $@

# Calls go to __read_chk and its like (glibc's <bits/unistd.h>).
$(P)/loops-fortified: tests/programs/loops.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -pthread $< -o $@

$(P)/counter-musl: CC := $(CC_MUSL)
$(P)/counter-musl: PROGRAM_CFLAGS += -rdynamic
$(P)/counter.so: PROGRAM_CFLAGS += -shared -fPIC
$(COUNTERS): tests/programs/counter.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -pthread $< -o $@

$(P)/held-loads: PROGRAM_CFLAGS += -rdynamic -DLOADS_ALONE
$(HELD): tests/programs/held.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -pthread $< -o $@

$(P)/threaded-musl: tests/programs/threaded.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC_MUSL) $(PROGRAM_CFLAGS) -pthread $< -o $@

$(P)/tini: tests/programs/static/tini.c
	@mkdir -p $(@D)
	$(CC_MUSL) $(PROGRAM_CFLAGS) -static $< -o $@

$(P)/threaded-static: tests/programs/threaded.c tests/programs/program_mode.h
	@mkdir -p $(@D)
	$(CC_MUSL) $(PROGRAM_CFLAGS) -pthread -static $< -o $@

$(P)/tamper.so: PROGRAM_CFLAGS += -Iinclude
$(P)/tamper.so: include/aeterna/state.h
$(P)/%.so: tests/programs/preload/%.c
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -shared -fPIC $< -o $@

# Nothing is downloaded: the program uses the standard library alone.
$(P)/go_server: $(wildcard tests/programs/go_server/*)
	@mkdir -p $(@D)
	cd tests/programs/go_server && CGO_ENABLED=0 GOFLAGS=-mod=mod GOTOOLCHAIN=local \
		GOPROXY=off GOCACHE=$(abspath $(B))/go-cache $(GO) build -o $(abspath $@) .

# The bare one has no notes of Go's, and as few symbols as it goes.
$(P)/go_library_bare.so: GO_LINK := -s -w -buildid=
$(GO_LIBRARIES): $(wildcard tests/programs/go_library/*)
	@mkdir -p $(@D)
	cd tests/programs/go_library && CGO_ENABLED=1 GOFLAGS=-mod=mod GOTOOLCHAIN=local \
		GOPROXY=off GOCACHE=$(abspath $(B))/go-cache $(GO) build -buildmode=c-shared \
		-ldflags '$(GO_LINK)' -o $(abspath $@) .

$(P)/rust_server: tests/programs/rust_server.rs
	@mkdir -p $(@D)
	$(RUSTC) --edition 2021 -O -C target-feature=+crt-static -o $@ $<

# The compiler is a module of the runtime's own: javac itself is in another, larger package.
$(P)/java/%.class: tests/programs/%.java
	@mkdir -p $(@D)
	$(JAVA) -XX:TieredStopAtLevel=1 -m jdk.compiler/com.sun.tools.javac.Main -Xlint:all -Werror -d $(@D) $<
