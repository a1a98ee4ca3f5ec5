# The example with LangGraph, over swaps. Its packages are many: they have an environment of their
# own, which this target makes.
LANGGRAPH_VENV := $(B)/venv_langgraph
LANGGRAPH_TEST := $(B)/integration/langgraph_test

$(LANGGRAPH_VENV)/installed.txt: tests/requirements_langgraph.txt
	$(install-venv)

.PHONY: test-langgraph
test-langgraph: build $(LANGGRAPH_TEST) $(LANGGRAPH_VENV)/installed.txt
	@$(LONG_TESTS) tests/run.py $(LANGGRAPH_TEST)
