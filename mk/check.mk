# Developers' own: the unit tests under the address and undefined behaviour sanitizers.
.PHONY: check-asan
check-asan:
	@$(MAKE) --no-print-directory ASAN=1 test-unit
