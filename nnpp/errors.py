"""Errors that the user can fix: one line with the place, what is wrong and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class NnppError(Exception):
    """An error printed as one line; all others keep their traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return what notebooks and IPython print instead of a traceback."""
        return [f"nnpp: {self}"]


class InputError(NnppError):
    """An error in a file or on the command line: `path:line: what; remedy`."""

    def __init__(
        self, what: str, remedy: str, path: Path | str | None = None, line: int | None = None
    ):
        self.what, self.remedy, self.path, self.line = what, remedy, path, line
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.path is None else f"{self.path}:"
        place += "" if self.line is None else f"{self.line}:"
        return " ".join(f"{place} {self.what}; {self.remedy}".split())

    def at(self, path: Path | str, line: int | None = None) -> "InputError":
        """Return the same error at a place in a file, unless it already has one."""
        known = self.path is not None
        return InputError(
            self.what, self.remedy, self.path if known else path, self.line if known else line
        )


def suggest(word: str, known: Iterable[str]) -> str:
    """Return "did you mean …?" for a misspelt word, or the list of known words."""
    known = list(known)
    lower = {k.lower(): k for k in known}
    close = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return f"did you mean {lower[close[0]]!r}?" if close else f"known: {', '.join(known)}"
