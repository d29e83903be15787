"""A command in a pseudo-terminal of 80 columns: what it shows, and when."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 80

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Sequences that set colours, move the cursor or erase a line."""


@dataclass(frozen=True)
class Shown:
    """What a command showed.

    Attributes:
        code: its exit status.
        chunks: pieces of output, each with the seconds since the start.
    """

    code: int
    chunks: list[tuple[float, str]]

    @property
    def text(self) -> str:
        """The whole output without control sequences."""
        return CONTROL.sub("", "".join(text for _, text in self.chunks))

    @property
    def lines(self) -> list[str]:
        """Every line that was visible at some time."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", self.text) if line.strip()]

    @property
    def pauses(self) -> list[tuple[float, str]]:
        """The seconds before each piece of output, longest first, with the end of the last."""
        before = [(0.0, ""), *self.chunks]
        pairs = zip(before, self.chunks, strict=False)
        found = [(b[0] - a[0], CONTROL.sub("", a[1]).strip()[-60:]) for a, b in pairs]
        return sorted(found, reverse=True)


def shown(
    *words: object, folder: Path, columns: int = COLUMNS, limit: float = 300, **variables: str
) -> Shown:
    """Run `nnpp WORDS` in a folder, in a terminal of its own."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    environment |= variables
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "nnpp.cli.app", *map(str, words)]
    start, chunks = time.monotonic(), []
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        while time.monotonic() - start < limit:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    chunks.append((time.monotonic() - start, os.read(ours, 65536)))
                except OSError:  # the other end is closed
                    break
        else:
            process.kill()
    os.close(ours)
    return Shown(process.returncode, [(at, raw.decode(errors="replace")) for at, raw in chunks])
