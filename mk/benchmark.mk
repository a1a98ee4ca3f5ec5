# `make test-benchmark`: the table of the founding document, measured on this machine, with its
# growth, what people use instead, and what the time between swaps costs (bench/benchmark/). Writes
# bench/results/: results.json, table.md and pictures. QUICK=1 takes less than two minutes and writes
# to build/benchmark/results. Exit code 1: a bound was missed. BENCHMARK_OPTIONS goes to the command
# as it is: names of parts, of which the others stay as an earlier run wrote them; --readme.
# The module's bytecode as an installation has it: else each start would compile it, for 20 ms.
BENCHMARK = $(VENV)/bin/python -m compileall -q python && PYTHONPATH=bench $(SYSTEM_PYTHON) -m benchmark \
	$(if $(QUICK),--quick --out $(B)/benchmark/results,--out bench/results) $(BENCHMARK_OPTIONS)

# What this machine takes at least: an ordinary program.
FLOOR_OBJ := $(B)/bench/floor/main.o

$(B)/bench/floor/%.o: bench/floor/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -g $(DEPGEN) -c $< -o $@

$(B)/aeterna-floor: $(FLOOR_OBJ)
	$(CC) -o $@ $^

.PHONY: test-benchmark
test-benchmark: build programs load $(B)/aeterna-floor
	@$(BENCHMARK)

-include $(FLOOR_OBJ:.o=.d)
