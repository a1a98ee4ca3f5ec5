# The chat agent with answers of twenty seconds, one always open, through three swaps for each
# on_busy: six minutes. `make test` has shorter answers and one swap.
.PHONY: test-streams
test-streams: build $(B)/integration/on_busy_test
	@AET_STREAM_S=20 $(LONG_TESTS) tests/run.py $(B)/integration/on_busy_test
