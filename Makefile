# Aeterna. `make help` lists the targets; README.md says what they are for.
VERSION := $(shell cat VERSION)
PREFIX ?= /usr/local
DESTDIR ?=
B := build

CC_MUSL ?= musl-gcc
CC ?= gcc
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
	-Wformat=2 -Wundef -Wimplicit-fallthrough -Wwrite-strings
ifeq ($(CI),true)
WARN += -Werror
endif
CSTD := -std=gnu17 -D_GNU_SOURCE -DAET_VERSION='"$(VERSION)"'
DEPGEN = -MMD -MP

LAUNCHER_SRC := $(wildcard launcher/*.c launcher/*/*.c common/*.c)
PRELOAD_SRC := $(wildcard preload/*/*.c) $(addprefix common/,address.c book.c container.c crc32c.c msgio.c)
# What only the library has that follows connections, and what the other has instead.
FOLLOW_SRC := $(wildcard preload/connections/*.c) \
	$(addprefix preload/hooks/,hooks_accept.c hooks_io.c real_io.c)
PLAIN_SRC := $(wildcard preload/plain/*.c)

.DEFAULT_GOAL := build
include $(wildcard mk/*.mk)

.PHONY: build
build: bin/aeterna-launch bin/aeterna lib/libaeterna_preload.so lib/plain/libaeterna_preload.so

# --- launcher: a static musl binary; libyaml is Debian's static library (parser only) ---
# musl-gcc's include path holds musl's headers alone: a directory with yaml.h in it is added.
$(B)/include/yaml.h:
	@mkdir -p $(@D)
	cp /usr/include/yaml.h $@

LAUNCHER_CFLAGS := $(CSTD) $(WARN) -O2 -g -fno-stack-protector -ffunction-sections -fdata-sections \
	-Iinclude -Icommon -Ilauncher -isystem $(B)/include
LAUNCHER_OBJ := $(LAUNCHER_SRC:%.c=$(B)/musl/%.o)
# Asked for in the recipe: while this file is read, `make deps demo` has installed nothing yet.
LIBYAML_A ?= $$($(CC) -print-file-name=libyaml.a)

$(B)/musl/%.o: %.c $(B)/include/yaml.h
	@mkdir -p $(@D)
	$(CC_MUSL) $(LAUNCHER_CFLAGS) $(DEPGEN) -c $< -o $@

# libyaml's memory comes from launcher/config/region.c and goes with each parse: musl's malloc keeps pages
# of sizes that come and go often, and the launcher's memory would grow over the first 300 swaps.
$(B)/libyaml-region.a:
	@mkdir -p $(@D)
	objcopy $(foreach f,malloc realloc free strdup,--redefine-sym $(f)=aet_region_$(f)) $(LIBYAML_A) $@

bin/aeterna-launch: $(LAUNCHER_OBJ) $(B)/libyaml-region.a
	@mkdir -p $(@D)
	$(CC_MUSL) -static -Wl,--gc-sections -o $@ $^

bin/aeterna: bin/aeterna-launch
	ln -sf aeterna-launch $@

# --- preload library: one freestanding object for glibc and musl (docs/design.md) ---
PRELOAD_CFLAGS := $(CSTD) $(WARN) -O2 -g -fPIC -ffreestanding -fno-builtin -fno-stack-protector \
	-fcf-protection=none -U_FORTIFY_SOURCE -fno-lto -fvisibility=hidden -ftls-model=initial-exec \
	-fno-plt -fomit-frame-pointer -fno-asynchronous-unwind-tables -Iinclude -Icommon -Ipreload
PRELOAD_OBJ := $(PRELOAD_SRC:%.c=$(B)/preload/%.o)

$(B)/preload/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) $(DEPGEN) -c $< -o $@

# One library follows connections (connections: migrate, close), the other does not (drain): it has
# no hook on reading and writing, so that nothing at all is on the program's hot path.
lib/libaeterna_preload.so: $(filter-out $(PLAIN_SRC:%.c=$(B)/preload/%.o),$(PRELOAD_OBJ))
lib/plain/libaeterna_preload.so: $(filter-out $(FOLLOW_SRC:%.c=$(B)/preload/%.o),$(PRELOAD_OBJ))

lib/libaeterna_preload.so lib/plain/libaeterna_preload.so:
	@mkdir -p $(@D)
	$(CC) -shared -nostdlib -Wl,-z,now -Wl,-z,relro -Wl,--hash-style=gnu \
		-Wl,-soname,libaeterna_preload.so -o $@ $^

.PHONY: clean
clean:
	rm -rf $(B) bin lib

-include $(LAUNCHER_OBJ:.o=.d) $(PRELOAD_OBJ:.o=.d)
