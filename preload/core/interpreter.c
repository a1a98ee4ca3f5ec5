#include "core/interpreter.h"

#include "core/symbols.h"

static uintptr_t runtime; /* _PyRuntime, from 3.7 on */
static uint64_t runtime_size;

void aet_interpreter_look(void)
{
	if (!runtime)
		runtime = (uintptr_t)aet_symbol_find_data("_PyRuntime", &runtime_size);
}

bool aet_interpreter_has(uintptr_t address)
{
	return address - runtime < runtime_size;
}
