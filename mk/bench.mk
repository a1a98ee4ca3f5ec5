# The load client: an ordinary glibc program that shares no code with the product it measures.
LOAD_SRC := $(wildcard bench/load/*.c)
LOAD_OBJ := $(LOAD_SRC:%.c=$(B)/%.o)

$(B)/bench/load/%.o: bench/load/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -g -Ibench/load $(DEPGEN) -c $< -o $@

$(B)/aeterna-load: $(LOAD_OBJ)
	$(CC) -o $@ $^ -lm

.PHONY: load
load: $(B)/aeterna-load

-include $(LOAD_OBJ:.o=.d)

# The client's own test: `make test-load`, also part of `make test`.
$(B)/load_client_test: tests/integration/load_client_test.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Wall -Wextra -O1 -g $< -o $@ -lgtest -lgtest_main -pthread

.PHONY: test-load
test-load: $(B)/load_client_test $(B)/aeterna-load
	@tests/run.py $(B)/load_client_test
