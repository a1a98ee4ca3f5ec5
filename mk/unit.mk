# Unit tests: the launcher's modules as ordinary glibc objects, without main(), the library's framing
# tracker, and GoogleTest.
# `make test-unit`; with ASAN=1 everything is built apart, under the address and undefined
# behaviour sanitizers.
ifeq ($(ASAN),1)
UNIT_DIR := $(B)/asan
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
else
UNIT_DIR := $(B)/glibc
UNIT_SANITIZE :=
endif

UNIT_FLAGS := -O1 -g $(UNIT_SANITIZE) -Iinclude -iquote common -iquote launcher \
	-iquote tests/support
TRACKER_SRC := preload/connections/http.c preload/connections/http_field.c preload/connections/http_line.c \
	tests/support/http_tracker.c
TRACKER_OBJ := $(TRACKER_SRC:%.c=$(UNIT_DIR)/%.o)
UNIT_SRC := $(filter-out launcher/main.c,$(LAUNCHER_SRC)) \
	$(TRACKER_SRC) tests/support/crc32c_table.c
UNIT_TEST_SRC := $(wildcard tests/unit/*_test.cc)
UNIT_OBJ := $(UNIT_SRC:%.c=$(UNIT_DIR)/%.o)
UNIT_TEST_OBJ := $(UNIT_TEST_SRC:%.cc=$(UNIT_DIR)/%.o)
UNIT_WARN := -Wall -Wextra -Wshadow -Wvla -Wpointer-arith -Wundef
ifeq ($(CI),true)
UNIT_WARN += -Werror
endif

ifeq ($(ASAN),1)
UNIT_BIN := $(UNIT_DIR)/unit
else
UNIT_BIN := $(B)/tests/unit
endif

$(UNIT_DIR)/tests/support/crc32c_table.o: UNIT_FLAGS += -iquote tests/support
$(TRACKER_OBJ): UNIT_FLAGS += -iquote preload

$(UNIT_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(UNIT_FLAGS) $(DEPGEN) -c $< -o $@

$(UNIT_DIR)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -D_GNU_SOURCE $(UNIT_WARN) $(UNIT_FLAGS) $(DEPGEN) -c $< -o $@

$(UNIT_BIN): $(UNIT_OBJ) $(UNIT_TEST_OBJ)
	@mkdir -p $(@D)
	$(CXX) $(UNIT_SANITIZE) -o $@ $^ -lgtest -lgtest_main -lyaml -pthread

.PHONY: test-unit
test-unit: $(UNIT_BIN)
	@tests/run.py $(UNIT_BIN)

-include $(UNIT_OBJ:.o=.d) $(UNIT_TEST_OBJ:.o=.d)
