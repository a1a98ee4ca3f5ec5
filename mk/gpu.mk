# Memory of a GPU and who keeps it: for a machine with a driver of CUDA, and in no other target. Where
# there is none it says so and fails: what was not tested has not passed. GPU_MIB= for another size.
GPU_TEST := $(B)/tests/gpu_memory

$(GPU_TEST): tests/gpu/memory.c tests/gpu/cuda.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -O2 -g -o $@ $< -ldl

.PHONY: test-gpu
test-gpu: $(GPU_TEST)
	@$(GPU_TEST) $(GPU_MIB)
