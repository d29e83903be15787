"""Docstrings as they were written: formulas such as [a6 I₁](K,K′) or B B* are no Markdown."""

import re
from typing import Any

from griffe import Extension, Object

CODE = re.compile(r"(`[^`]*`)")


class Plain(Extension):
    """Every docstring with the signs of Markdown made harmless, but in code."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """One module, class, function or attribute."""
        if obj.docstring is not None:
            lines = obj.docstring.value.split("\n")
            obj.docstring.value = "\n".join(map(_plain, lines))


def _plain(line: str) -> str:
    """A line; one that is indented as a formula is code already."""
    if line.startswith("    ") and ": " not in line:
        return line
    parts = CODE.split(line)
    return "".join(p if p.startswith("`") else re.sub(r"([\[\]*<])", r"\\\1", p) for p in parts)
