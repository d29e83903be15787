"""The result of one check of `nnpp verify`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        what: what was checked.
        found: what was found.
        wrong: what is wrong; empty if nothing is.
    """

    what: str
    found: str
    wrong: str = ""
