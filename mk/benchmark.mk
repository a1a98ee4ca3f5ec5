# `make test-benchmark`: the table of the founding document, measured on this machine, with its
# growth and what the time between swaps costs (bench/benchmark/). QUICK=1 takes less than two
# minutes. Writes bench/results/: results.json, table.md and pictures. Exit code 1: a bound was missed.
# BENCHMARK_OPTIONS goes to the command as it is: names of parts, --readme.
BENCHMARK = PYTHONPATH=bench $(SYSTEM_PYTHON) -m benchmark \
	$(if $(QUICK),--quick) --out bench/results $(BENCHMARK_OPTIONS)

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
