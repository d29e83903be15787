"""The fenced blocks of a page, each with what an invisible comment before it says of it.

<!-- not run: REASON -->      it is listed, and not run
<!-- with: FILE, FILE as NAME, results/self-check -->    what lies in the folder: samples, a run
<!-- in: FIT -->              these keys replace those of that fit.yaml, which is then checked
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

RUN = ("sh", "console", "python", "yaml", "diff")
"""Kinds of blocks that are run; others are for the eye."""

FENCE = re.compile(
    r'^((?:<!--[^\n]*-->\n+)*)```(\w*)(?: title="([^"\n]*)")?[^\n]*\n(.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
SAID = re.compile(r"<!-- ([a-z ]+): *(.*?) -->")


@dataclass(frozen=True)
class Block:
    """One block.

    Attributes:
        page: its page.
        line: where its text begins.
        kind: what follows the fence.
        title: the file that it shows.
        text: what it holds.
        said: what comments say of it.
    """

    page: Path
    line: int
    kind: str
    title: str
    text: str
    said: dict[str, str]

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            text[: found.start(4)].count("\n") + 1,
            found[2],
            found[3] or "",
            found[4],
            dict(SAID.findall(found[1])),
        )
        for found in FENCE.finditer(text)
    ]


def commands(text: str) -> list[tuple[str, str]]:
    """Each command of a console, after its $, with what is printed below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def lines(text: str) -> list[str]:
    """The commands of a shell, one a line unless it goes on."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def looks_like(printed: str) -> re.Pattern[str]:
    """What is printed; a lone … stands for any lines, another for anything in its line."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in printed.splitlines()
    ]
    return re.compile("".join(parts))
