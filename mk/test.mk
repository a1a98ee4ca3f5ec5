# `make test`: every GoogleTest binary and script through tests/run.py, which gives each test a
# deadline (AET_TEST_DEADLINE_S) and adds up. At the end tests/rows.py looks whether each row of
# launcher/swap/table.def was taken by a test.
# Tests that are too long for `make test` have longer deadlines.
LONG_TESTS := AET_TEST_DEADLINE_S=$${AET_TEST_DEADLINE_S:-1800}
TEST_CXXFLAGS := -std=c++17 -Wall -Wextra -Wshadow -O1 -g -Iinclude -Itests/support
SUPPORT_SRC := $(wildcard tests/support/*.cc)
SUPPORT_OBJ := $(SUPPORT_SRC:%.cc=$(B)/%.o)
UNIT_TESTS := $(if $(wildcard mk/unit.mk tests/unit/*_test.cc),$(B)/tests/unit) \
	$(B)/tests/unit_preload
SOAK_TEST := $(B)/integration/soak_test
INTEGRATION_SRC := $(filter-out tests/integration/load_client_test.cc,$(wildcard tests/integration/*.cc))
INTEGRATION_ALL := $(INTEGRATION_SRC:tests/integration/%.cc=$(B)/integration/%)
INTEGRATION_TESTS := $(filter-out $(SOAK_TEST) $(HERD_TEST) $(WEBSOCKET_HERD_TEST) $(PYTHONS_TEST) \
	$(LANGGRAPH_TEST),$(INTEGRATION_ALL))

$(B)/tests/%.o: tests/%.cc
	@mkdir -p $(@D)
	$(CXX) $(TEST_CXXFLAGS) $(DEPGEN) -c $< -o $@

$(INTEGRATION_ALL): $(B)/integration/%: $(B)/tests/integration/%.o $(SUPPORT_OBJ)
	@mkdir -p $(@D)
	$(CXX) -o $@ $^ -lgtest -lgtest_main -pthread

.PHONY: test test-integration test-soak test-framing test-state test-state-load test-faults
HTTP_FUZZ_TEST := $(B)/tests/http_fuzz

SCRIPT_TESTS := tests/python/plain.sh tests/python/packages.sh tests/python/objects.sh \
	tests/runner/self_test.sh tests/reach/self_test.sh
LOAD_CLIENT_TEST := $(B)/load_client_test

test: build programs load $(UNIT_TESTS) $(HTTP_FUZZ_TEST) $(PYTHON_FAKE) $(RUNNER_FIXTURE) \
		$(LOAD_CLIENT_TEST) $(INTEGRATION_TESTS)
	@rm -f $(B)/rows.txt
	@AET_ALL_ROWS=1 tests/run.py $(UNIT_TESTS) $(HTTP_FUZZ_TEST) $(SCRIPT_TESTS) \
		$(LOAD_CLIENT_TEST) $(INTEGRATION_TESTS) tests/rows.py

test-integration: build programs load $(INTEGRATION_TESTS)
	@rm -f $(B)/rows.txt
	@AET_ALL_ROWS=1 tests/run.py $(INTEGRATION_TESTS) tests/rows.py

test-soak: build programs load $(SOAK_TEST)
	@$(LONG_TESTS) tests/run.py $(SOAK_TEST)

# The examples with state, each swapped ten times under load.
test-state: build programs $(B)/integration/state_examples_test
	@AET_STATE_SWAPS=10 AET_STATE_REQUESTS=1000 $(LONG_TESTS) tests/run.py $(B)/integration/state_examples_test

# Servers with state under load: ten swaps with 1,000 requests each.
test-state-load: build programs $(B)/integration/state_load_test
	@AET_LOAD_SWAPS=10 AET_LOAD_REQUESTS=1000 $(LONG_TESTS) tests/run.py $(B)/integration/state_load_test

# What goes wrong with a state, for every language and every mechanism.
FAULT_TESTS := $(addprefix $(B)/integration/,$(addsuffix _test,state_fault state_damage \
	state_memory state_foreign state_python_fault))

test-faults: build programs $(FAULT_TESTS)
	@AET_EVERY_WRITER=1 $(LONG_TESTS) tests/run.py $(FAULT_TESTS)

# 6 shapes of servers x 70 swaps x 300 connections: 126,000 cases.
test-framing: build programs $(B)/integration/framing_test
	@AET_FRAMING_SWAPS=70 AET_FRAMING_CONNECTIONS=300 $(LONG_TESTS) tests/run.py $(B)/integration/framing_test

# Hanging tests, for the tests of the runner itself (tests/runner/test_runner.py).
$(RUNNER_FIXTURE): $(B)/tests/runner/fixture.o $(SUPPORT_OBJ)
	@mkdir -p $(@D)
	$(CXX) -o $@ $^ -lgtest -lgtest_main -pthread

-include $(B)/tests/runner/fixture.d $(SUPPORT_OBJ:.o=.d) $(INTEGRATION_SRC:%.cc=$(B)/%.d)
