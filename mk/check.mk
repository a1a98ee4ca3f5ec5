# Developers' own: the unit tests under the sanitizers. Everything under the address and undefined
# behaviour sanitizers; the library's modules, which the program's threads run, under the thread
# sanitizer.
.PHONY: check-asan check-tsan
check-asan:
	@$(MAKE) --no-print-directory ASAN=1 test-unit

check-tsan:
	@$(MAKE) --no-print-directory TSAN=1 test-unit-preload
