# `make help`: targets that exist, each with its line; a target that is not there yet is not listed.
# Shell and grep only: this works before `make deps`.
define HELP_TARGETS
deps            install what the tree needs from Debian and PyPI, by name (sudo when not root)
build           bin/aeterna-launch, bin/aeterna, lib/libaeterna_preload.so (the default)
demo            swap an unmodified server under load and show the result
test            all tests; the last line says N passed, N failed
test-unit       the unit tests alone; with ASAN=1 under the sanitizers
test-integration  the tests with real programs alone
test-soak       300 swaps in a row; too long for make test
test-connections  thousands of keep-alive clients through swaps and undone ones; too long for make test
test-websocket  thousands of WebSocket clients through five swaps; too long for make test
test-framing    126,000 connections cut anywhere by swaps; too long for make test
test-state-load servers with state, ten swaps each with 1,000 requests (minutes)
test-state      the examples with state, ten swaps each under load, up to a gigabyte (minutes)
test-faults     what goes wrong with a state, in every language by every mechanism (minutes)
test-gpu        memory of a GPU beyond its maker; fails where there is no CUDA
test-streams    answers of twenty seconds, one always open, through swaps (minutes)
model           the model of a swap: every state of what the launcher and processes may do (minutes)
model-bites     the same with known faults put back; each has to be found
test-load       the load client's own test
test-python     the Python module's own tests
test-objects    two hundred kinds of objects, handed over: exact, merged or refused; KINDS="WORD..."
test-reach      a hundred real programs, each swapped under load; writes docs/programs.md; REACH=NAME
test-pythons    the module and a swap on every CPython that Debian's releases have
test-langgraph  an agent with LangGraph's checkpoints in memory, over swaps
compare         what people use instead, side by side; QUICK=1 for one swap of each (a minute)
deps-pm2        pm2 from npm, which the comparison takes where it is there
deps-reach      the programs of make test-reach, below build/reach
test-benchmark  the benchmark table, measured on this machine; QUICK=1 for a short run
measure         what a swap costs, measured on this machine; QUICK=1 for a short run
measure-pause   how long clients wait at a swap; also -latency, -start, -move, -steady
install         install below PREFIX (/usr/local), DESTDIR in front of it
uninstall       remove exactly what install installs
clean           remove what was built
lint            formats, static analysis, layers, sizes; changes nothing
format          rewrite C, C++ and Python in the project's format
check-asan      tests with the address and undefined behaviour sanitizers
check-tsan      tests of the library's modules with the thread sanitizer
check-long      the tests that take too long for make test
fuzz            fuzz the parsers
fuzz-http       a million HTTP conversations beside a full parser
load            build/aeterna-load, the load client
programs        the server programs of the tests
help            this list
endef
export HELP_TARGETS

.PHONY: help
help:
	@echo "$$HELP_TARGETS" | while read -r target line; do \
		grep -qE "^([^:=\#[:space:]]+ )*$$target( [^:=]*)?:([^=]|$$)" $(MAKEFILE_LIST) && \
			printf '  %-18s%s\n' "$$target" "$$line"; \
	done; true
