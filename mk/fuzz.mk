# `make fuzz`: every parser of what others write, by libFuzzer under the address and undefined
# behaviour sanitizers, FUZZ_SECONDS each. Seeds are in tests/fuzz/corpus/NAME; what the fuzzer finds
# new goes to build/fuzz/corpus/NAME, and what makes a parser fail to build/fuzz/NAME-*.
# FUZZ=NAME runs one of them.
FUZZ_SECONDS ?= 60
FUZZ ?= $(basename $(notdir $(wildcard tests/fuzz/*.c)))
FUZZ_CC ?= clang
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -Iinclude -iquote common -iquote launcher
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(filter-out launcher/main.c,$(LAUNCHER_SRC)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CSTD) $(WARN) $(FUZZ_FLAGS) $(DEPGEN) -c $< -o $@

$(FUZZERS): $(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.o $(FUZZ_OBJ)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ -lyaml

.PHONY: fuzz fuzzers
fuzzers: $(FUZZERS)

fuzz: $(FUZZ:%=$(B)/fuzz/%)
	@for name in $(FUZZ); do \
		mkdir -p $(B)/fuzz/corpus/$$name; \
		echo "== $$name"; \
		$(B)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
			-print_final_stats=1 -verbosity=0 -artifact_prefix=$(B)/fuzz/$$name- \
			$(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

-include $(FUZZ_OBJ:.o=.d) $(FUZZERS:$(B)/fuzz/%=$(B)/fuzz/tests/fuzz/%.d)
