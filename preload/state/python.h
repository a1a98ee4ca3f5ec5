/*
 * Brings the state hooks to a Python interpreter that has not loaded them: it was started with -I or
 * -S, another sitecustomize hides ours, its state came into the file later, or its module with the
 * state has not been imported yet.
 */
#ifndef AET_PYTHON_H
#define AET_PYTHON_H

/* In the main thread, at a blocking system call. Does nothing in a process that has no interpreter, or
 * where the launcher does not want it. The module attaches itself, or does not. */
void aet_python_attach(void);

#endif
