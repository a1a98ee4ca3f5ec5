# The comparison with what people use instead (docs/peers.md), a part of `make test-benchmark`.
# QUICK=1 for one swap of each; COMPARE_OPTIONS goes to the command as it is.
PM2_VERSION := 7.0.4

.PHONY: compare deps-pm2
compare: build programs load
	@PYTHONPATH=bench $(SYSTEM_PYTHON) -m benchmark.compare \
		$(if $(QUICK),--quick) --out $(B)/compare $(COMPARE_OPTIONS)

# One of the methods that are compared where they can be had.
deps-pm2:
	@mkdir -p $(B)/npm
	timeout --kill-after=10 900 npm install --prefix $(B)/npm --no-audit --no-fund --omit=dev --save-exact pm2@$(PM2_VERSION)
