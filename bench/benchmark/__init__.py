"""`make test-benchmark`: the founding document's table, its growth, and the time between swaps.

A part is a module of this package, named in `__main__.PARTS`. It has

- `measure(plan) -> list`, rows that are dataclasses; raw samples go into files under `plan.raw`;
- `section(rows) -> str`, the rows as people read them, in Markdown;
- `verdicts(rows) -> list[Verdict]`, each bound with what was measured;
- `draw(rows, plan) -> None`, its pictures, if it has any;
- `summary(rows) -> str`, for README.md, where that is not the section.

A part that cannot be imported ends the run: a table without it would be taken for a whole one.
"""
