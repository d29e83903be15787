"""Docstrings are shown as written: [a6 I₁](K,K′) and B B* are formulas, not Markdown."""

import re
from typing import Any

from griffe import Extension, Object

CODE = re.compile(r"(`[^`]*`)")


class Plain(Extension):
    """Escape the special characters of Markdown in all docstrings, except in code."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            lines = obj.docstring.value.split("\n")
            obj.docstring.value = "\n".join(map(_plain, lines))


def _plain(line: str) -> str:
    """Return an escaped line; a line indented as a formula is code already."""
    if line.startswith("    ") and ": " not in line:
        return line
    parts = CODE.split(line)
    return "".join(p if p.startswith("`") else re.sub(r"([\[\]*<])", r"\\\1", p) for p in parts)
