# The chat agent with answers of twenty seconds, one always open, through three swaps for each
# on_busy, ten of them for merge: ten minutes. `make test` has shorter answers.
.PHONY: test-streams
test-streams: build $(B)/integration/on_busy_test $(B)/integration/merge_test
	@AET_STREAM_S=20 $(LONG_TESTS) tests/run.py $(B)/integration/on_busy_test
	@AET_STREAM_S=20 GTEST_FILTER=MergeTest.EveryTurn* $(LONG_TESTS) tests/run.py $(B)/integration/merge_test
