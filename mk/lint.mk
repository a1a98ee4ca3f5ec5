# `make lint` looks at everything that is tracked or about to be; it changes nothing.
# `make format` rewrites C, C++ and Python in place.
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
# Of one call of a tool: a tool that hangs must not hold CI up.
LINT := timeout --kill-after=10 600
LIST = git ls-files -co --exclude-standard --

FORMAT_FILES = $(shell $(LIST) '*.c' '*.h' '*.cc' '*.cpp' '*.hpp')
PYTHON_FILES = $(shell $(LIST) '*.py' '*.pyi')
TYPED_FILES = $(filter tools/% python/% bench/% tests/run.py tests/runner/% tests/reach/%,$(filter-out %/test_runner.py %/test_clients.py,$(PYTHON_FILES)))
# Not aeterna.1: it includes the other page by the place where that is installed.
MAN_FILES = $(filter-out man/aeterna.1,$(wildcard man/*.[1-9]))
SHELL_FILES = $(shell $(LIST) '*.sh') $(shell $(LIST) | xargs grep -lsE -m1 '^.!/(usr/)?bin/(env )?(ba|da)?sh' | grep -v '\.sh$$')

.PHONY: lint lint-format lint-tidy lint-shell lint-python lint-tree lint-man lint-stack lint-werror \
	format
lint: lint-tree lint-stack lint-format lint-shell lint-python lint-man lint-werror lint-tidy
	@echo "lint: nothing to complain about"

lint-tree:
	@$(LINT) $(SYSTEM_PYTHON) tools/check_layers.py
	@$(LINT) $(SYSTEM_PYTHON) tools/check_size.py

lint-format:
	@$(LINT) $(CLANG_FORMAT) --dry-run -Werror $(FORMAT_FILES)

lint-shell:
	@$(LINT) shellcheck $(SHELL_FILES)

lint-python: $(VENV)/installed.txt
	@$(LINT) $(VENV)/bin/ruff format --quiet --check $(PYTHON_FILES) || \
		{ echo "lint: make format would change Python files" >&2; exit 1; }
	@$(LINT) $(VENV)/bin/ruff check --quiet $(PYTHON_FILES)
	@$(LINT) $(VENV)/bin/mypy --strict --no-error-summary --cache-dir $(B)/mypy $(TYPED_FILES)
	@PYTHONPYCACHEPREFIX=$(B)/pycache $(LINT) $(SYSTEM_PYTHON) -m py_compile $(PYTHON_FILES)

lint-man:
	@$(if $(MAN_FILES),$(LINT) mandoc -T lint -W warning $(MAN_FILES))

# One stamp a file: only what changed is analysed again.
TIDY_SRC := $(wildcard launcher/*.c launcher/*/*.c common/*.c preload/*/*.c)
TIDY_HEADERS := $(wildcard include/aeterna/* include/*.h common/*.h preload/*/*.h preload/*/*.def launcher/*.h launcher/*/*.h)
TIDY_STAMPS := $(TIDY_SRC:%=$(B)/tidy/%.ok)
TIDY_FLAGS = $(CSTD) -Iinclude -Icommon

lint-tidy: $(TIDY_STAMPS)
$(B)/tidy/launcher/%.ok: TIDY_FLAGS += -Ilauncher
$(B)/tidy/preload/%.ok: TIDY_FLAGS += -Ipreload
$(TIDY_STAMPS): $(B)/tidy/%.ok: % .clang-tidy $(TIDY_HEADERS)
	@mkdir -p $(@D)
	@$(LINT) $(CLANG_TIDY) --quiet $< -- $(TIDY_FLAGS) 2>$@.log || \
		{ grep -v 'warnings* generated' $@.log >&2; exit 1; }
	@touch $@

# The signal handler runs on whatever stack the thread has: so much of it at most, beside what the
# kernel puts there.
HANDLER_STACK := 2048
STACK_CI := $(PRELOAD_SRC:%.c=$(B)/stack/%.ci)

$(STACK_CI): $(B)/stack/%.ci: %.c $(TIDY_HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(PRELOAD_CFLAGS) -fcallgraph-info=su -c $< -o $(@:.ci=.o)

lint-stack: $(STACK_CI)
	@$(SYSTEM_PYTHON) tools/check_stack.py aet_handler_on_signal $(HANDLER_STACK) \
		aet_unlock_in_handler=aet_reconcile_locked aet_numbered_visit=kick $^

# The objects of everything once more, warnings being errors, beside the ordinary ones.
WERROR_OBJ = $(LAUNCHER_OBJ) $(PRELOAD_OBJ) $(LOAD_OBJ) $(FLOOR_OBJ) $(C_PROGRAMS)

lint-werror:
	@$(MAKE) --no-print-directory -s CI=true B=$(B)/werror PROGRAM_CFLAGS='$(PROGRAM_CFLAGS) -Werror' \
		$(WERROR_OBJ:$(B)/%=$(B)/werror/%)

format: $(VENV)/installed.txt
	$(CLANG_FORMAT) -i $(FORMAT_FILES)
	$(VENV)/bin/ruff format $(PYTHON_FILES)
	$(VENV)/bin/ruff check --fix --select I $(PYTHON_FILES)
