"""The fenced blocks of a page, each with the options in an invisible comment before it.

<!-- not run: REASON -->      the block is not run
<!-- with: FILE, FILE as NAME, results/self-check -->    files that must exist: samples, a run
<!-- with: nnpp -->           a copy of the package, which `python -m nnpp.cli.app` then runs
<!-- keep: REASON -->         the diff stays to the end of the page
<!-- in: FIT -->              these keys replace those of that fit.yaml, which is then validated
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]

RUN = ("sh", "console", "python", "yaml", "diff")
"""Kinds of blocks that are run."""

FENCE = re.compile(
    r'^((?:<!--[^\n]*-->\n+)*)```(\w*)(?: title="([^"\n]*)")?[^\n]*\n(.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r"<!-- ([a-z ]+): *(.*?) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: the file of the page.
        line: line of the page at which the text begins.
        kind: the word after the fence.
        title: the file that the block shows.
        text: the text between the fences.
        options: options from comments, by their names.
    """

    page: Path
    line: int
    kind: str
    title: str
    text: str
    options: dict[str, str]

    @property
    def place(self) -> str:
        """Page and line, for messages."""
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return all blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            text[: found.start(4)].count("\n") + 1,
            found[2],
            found[3] or "",
            found[4],
            dict(OPTION.findall(found[1])),
        )
        for found in FENCE.finditer(text)
    ]


def commands(text: str) -> list[tuple[str, str]]:
    """Return each command of a console, after its $, with the output below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def lines(text: str) -> list[str]:
    """Return the commands of a shell; a backslash continues a line."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def looks_like(printed: str) -> re.Pattern[str]:
    """Return a pattern of the output; a line … matches any lines, … within a line any text."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in printed.splitlines()
    ]
    return re.compile("".join(parts))
