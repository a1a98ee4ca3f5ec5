# Unit tests of the library's modules: ordinary glibc objects, linked whole into one program, hooks
# and constructor included. Without AETERNA_CONTROL in the environment the library is inactive and
# the hooks pass everything on; a test that wants it active says so. `make test-unit-preload`; with
# ASAN=1 or TSAN=1 everything is built apart, under those sanitizers.
ifeq ($(TSAN),1)
PUNIT_DIR := $(B)/unit-preload-tsan
PUNIT_SANITIZE := -fsanitize=thread -fno-omit-frame-pointer
# The sanitizer wants its shadow where address randomisation may have put something else. It has to
# put signals off to where its own state is whole, and cannot with a handler that is installed past
# it: the tests that raise the library's signal are left to the others, those of race_test.cc call
# what the handler calls. Its first report ends the run.
PUNIT_RUN := TSAN_OPTIONS=halt_on_error=1 setarch --addr-no-randomize
PUNIT_FILTER := GTEST_FILTER='-Context.*:Signals.*:SignalsPark.*:ReconcileTest.*'
else ifeq ($(ASAN),1)
PUNIT_DIR := $(B)/unit-preload-asan
PUNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
else
PUNIT_DIR := $(B)/unit-preload
PUNIT_SANITIZE :=
endif

PUNIT_FLAGS := -O1 -g $(PUNIT_SANITIZE) -Iinclude -iquote common -iquote preload
PUNIT_TEST_SRC := $(wildcard tests/unit/preload/*.cc) tests/support/process.cc
PUNIT_OBJ := $(patsubst %.c,$(PUNIT_DIR)/%.o,$(filter-out $(PLAIN_SRC),$(PRELOAD_SRC)) \
	common/address_parse.c tests/support/conn_record.c)
PUNIT_TEST_OBJ := $(PUNIT_TEST_SRC:%.cc=$(PUNIT_DIR)/%.o)
PUNIT_BIN := $(if $(PUNIT_SANITIZE),$(PUNIT_DIR)/unit,$(B)/tests/unit_preload)

$(PUNIT_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(PUNIT_FLAGS) $(DEPGEN) -c $< -o $@

$(PUNIT_DIR)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -D_GNU_SOURCE $(UNIT_WARN) $(PUNIT_FLAGS) -iquote tests/support \
		$(DEPGEN) -c $< -o $@

$(PUNIT_BIN): $(PUNIT_OBJ) $(PUNIT_TEST_OBJ)
	@mkdir -p $(@D)
	$(CXX) $(PUNIT_SANITIZE) -o $@ $^ -lgtest -pthread

# One of the tests looks at the library itself.
.PHONY: test-unit-preload
test-unit: test-unit-preload
test-unit-preload: $(PUNIT_BIN) lib/libaeterna_preload.so lib/plain/libaeterna_preload.so
	@$(PUNIT_FILTER) $(PUNIT_RUN) tests/run.py $(PUNIT_BIN)

-include $(PUNIT_OBJ:.o=.d) $(PUNIT_TEST_OBJ:.o=.d)
