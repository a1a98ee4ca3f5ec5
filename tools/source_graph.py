"""What C sources say about their structure: includes, cycles among files, who declares what.

Reads text, with no compiler: comments, strings and preprocessor lines are taken out, and what is
left is split into the statements of the file's own level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
NOISE = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""", re.DOTALL | re.VERBOSE
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
FUNCTION = re.compile(r"(\w+)\s*\(")
POINTER = re.compile(r"^[^(]*\(\s*\*\s*(?:const\s+)?(\w+)")  # to a function
OBJECT = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$")
NO_LINKAGE = re.compile(r"^(?:typedef|static|_Static_assert|static_assert|inline)\b")


def includes(source: Path) -> Iterator[tuple[int, str, str]]:
    """The line, the quote and the name of each include."""
    text = source.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def noun(path: Path) -> str:
    """x.c and x.h are one noun; x.def is another."""
    return (path.with_suffix("") if path.suffix in (".c", ".h") else path).as_posix()


def cycles(graph: dict[str, set[str]]) -> list[frozenset[str]]:
    """Every largest set of two or more nouns that all reach each other."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += graph.get(node, ())
        reach[start] = seen
    found = {
        frozenset(other for other in reach[node] if node in reach.get(other, ()))
        for node in graph
        if node in reach[node]
    }
    return sorted(found, key=sorted)


def statements(text: str) -> Iterator[tuple[str, bool]]:
    """The file's own statements, blocks in them empty; true: it is a function with its body."""
    text = NOISE.sub(lambda match: '""' if match.group()[0] in "\"'" else " ", text)
    text = ATTRIBUTE.sub(" ", DIRECTIVE.sub("", text))
    depth = 0
    current = ""
    for char in text:
        if char == "{":
            depth += 1
            if depth == 1 and current.rstrip().endswith(")") and "=" not in current:
                yield current.strip(), True
                current = "\0"  # the body's end ends it
        elif char == "}":
            depth -= 1
            if depth == 0:
                current = "" if current == "\0" else current + "{}"
        elif depth > 0:
            continue
        elif char == ";":
            yield current.strip(), False
            current = ""
        else:
            current += char


def object_name(statement: str) -> str | None:
    """The name of a variable, at its declaration or definition; None: there is none."""
    head = statement.split("=", maxsplit=1)[0].rpartition("{}")[2]
    match = POINTER.match(head) or OBJECT.search(head.rstrip())
    is_type = len(head.split()) < 2 or re.fullmatch(r"\s*(?:struct|union|enum)\s+\w+\s*", head)
    return match.group(1) if match and not is_type else None


def is_prototype(statement: str) -> bool:
    return "(" in statement and not POINTER.match(statement) and "=" not in statement


def declared(header: Path) -> Iterator[str]:
    """Functions and objects that the header declares and leaves to a .c file to define."""
    for statement, has_body in statements(header.read_text(encoding="utf-8")):
        if has_body or NO_LINKAGE.match(statement):
            continue
        if is_prototype(statement):
            match = FUNCTION.search(statement)
            if match:
                yield match.group(1)
        elif statement.startswith("extern"):
            name = object_name(statement)
            if name:
                yield name


def defined(source: Path) -> Iterator[str]:
    """Functions and objects with external linkage that the file defines."""
    for statement, has_body in statements(source.read_text(encoding="utf-8")):
        if NO_LINKAGE.match(statement) or re.search(r"\bstatic\b", statement.split("(")[0]):
            continue
        if has_body:
            match = FUNCTION.search(statement)
            if match:
                yield match.group(1)
        elif not statement.startswith("extern") and not is_prototype(statement):
            name = object_name(statement)
            if name:
                yield name
