# Thousands of keep-alive clients through five swaps, for every kind of server, and through a new
# version that is killed at each step: about ten minutes, for a machine that does little else.
HERD_TEST := $(addprefix $(B)/integration/,migrate_herd_test rollback_killed_herd_test)

.PHONY: test-connections
test-connections: build programs load $(HERD_TEST)
	@$(LONG_TESTS) tests/run.py $(HERD_TEST)

# Thousands of WebSocket clients, each with its session: two minutes.
WEBSOCKET_HERD_TEST := $(B)/integration/websocket_herd_test

.PHONY: test-websocket
test-websocket: build $(WEBSOCKET_HERD_TEST)
	@$(LONG_TESTS) tests/run.py $(WEBSOCKET_HERD_TEST)
