"""Otter's marks of solutions in a code cell, as regions of ours.

x = 5  # SOLUTION                        # x = ...
                                         ### BEGIN SOLUTION
                                         x = 5
                                         ### END SOLUTION
# BEGIN SOLUTION ... # END SOLUTION      ### BEGIN SOLUTION ... ### END SOLUTION
# BEGIN PROMPT ... # END PROMPT          its lines, as comments
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graders.cells import parse_cell
from graders.master import BEGIN, END

_LINE = re.compile(r"^(\s*)(.*?)\s*#\s?SOLUTION( NO PROMPT)?\s*$")
_BEGIN = re.compile(r"^(\s*)# BEGIN SOLUTION( NO PROMPT)?")
# What otter's student sees of an assignment: its left side.
_LEFT = re.compile(r"\s*([A-Za-z_][\w., \[\]'\"]*?)\s*=[^=]")


def regions(source: str) -> str:
    """A solution cell with regions as ours are marked; as it was where it has no marks."""
    made = "\n".join(_marked(source.split("\n")))
    if made == source or _stub_parses(made):
        return made
    return f"### {BEGIN}\n{without_marks(source)}\n### {END}"


def _marked(lines: Iterable[str]) -> Iterator[str]:
    inside = open_ = prompting = False  # a block of otter's; a region of ours; a prompt
    indent = ""

    def close() -> Iterator[str]:
        nonlocal open_
        if open_:
            open_ = False
            yield f"{indent}### {END}"

    for line in lines:
        text = line.rstrip()
        if text.endswith(("# BEGIN PROMPT", "# END PROMPT")):
            prompting = text.endswith("# BEGIN PROMPT")
            continue
        if prompting:
            yield from close()
            yield f"{_indent(line)}# {line.strip()}" if line.strip() else line
            continue
        if begun := _BEGIN.match(line):
            yield from close()
            inside, open_, indent = True, True, begun[1]
            yield f"{indent}### {BEGIN}"
            continue
        if inside:
            if text.endswith("# END SOLUTION"):
                inside = False
                yield from close()
            else:
                yield line
            continue
        one = _LINE.match(line)
        if one or text.endswith("# SEED"):
            here = _indent(line)
            if open_ and here != indent:
                yield from close()
            prompt = _LEFT.match(line) if one and not one[3] else None
            if prompt is not None:
                yield from close()
                yield f"{here}# {prompt[1]} = ..."
            if not open_:
                open_, indent = True, here
                yield f"{indent}### {BEGIN}"
            yield f"{one[1]}{one[2]}" if one else line
            continue
        yield from close()
        yield line
    yield from close()


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def without_marks(source: str) -> str:
    kept = []
    for line in source.split("\n"):
        if re.search(r"# ?(BEGIN|END) (SOLUTION( NO PROMPT)?|PROMPT)\s*$", line):
            continue
        one = _LINE.match(line)
        kept.append(f"{one[1]}{one[2]}" if one else line)
    return "\n".join(kept)


def _stub_parses(source: str) -> bool:
    """Whether what students get of a cell is Python."""
    region = re.compile(rf"^([ \t]*)### {BEGIN}\n.*?^[ \t]*### {END}$", re.MULTILINE | re.DOTALL)
    try:
        parse_cell(region.sub(r"\1raise NotImplementedError()", source))
    except SyntaxError:
        return False
    return True
