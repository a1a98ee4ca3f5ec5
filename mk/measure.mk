# `make measure`: what a swap costs and what the time between swaps costs, as a Markdown table
# (docs/measurements.md). QUICK=1 for few repetitions; CALM=0.7 waits for that load average before
# each part; MEASURE_OPTIONS goes to the command as it is.
CALM ?= 0
MEASURE = PYTHONPATH=bench $(SYSTEM_PYTHON) -m measure \
	$(if $(QUICK),--quick) --calm $(CALM) --out $(B)/measure $(MEASURE_OPTIONS)

.PHONY: measure measure-pause measure-latency measure-steady measure-start measure-move
measure: build programs load
	@$(MEASURE)

measure-pause measure-latency measure-steady measure-start measure-move: build programs load
	@$(MEASURE) $(@:measure-%=%)
