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
