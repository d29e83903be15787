"""Output: aligned in a pipe, folded in a terminal."""

import io
import sys
from pathlib import Path

import pytest

from nnpp.cli import console


class Terminal(io.TextIOWrapper):
    """What passes for a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def heard(request, monkeypatch):
    """The lines that a call leaves on both outputs; the terminal has 40 columns."""

    def listen(tell, *words: object) -> list[str]:
        stream = (Terminal if request.param else io.TextIOWrapper)(io.BytesIO(), "utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            patch.setattr(sys, "stderr", stream)
            for name, value in {"COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"}.items():
                patch.setenv(name, value)
            tell(*words)
        stream.flush()
        return stream.buffer.getvalue().decode().splitlines()

    listen.terminal = request.param
    return listen


LONG = "two words again and again " * 5


@pytest.mark.parametrize("tell", [console.note, console.remark])
def test_sentences_fold_in_a_terminal_alone(heard, tell):
    lines = heard(tell, LONG.strip())
    assert (len(lines) > 1) == heard.terminal
    assert " ".join(line.strip() for line in lines).removeprefix("note: ") == LONG.strip()
    if heard.terminal:
        assert max(map(len, lines)) <= 40
        assert all(line.startswith("  ") for line in lines[1:])


def test_rows_are_aligned(heard):
    title, first, *more = heard(console.rows, "title", [("a", "short"), ("longer", LONG)])
    assert (title, first.rstrip()) == ("title", "  a       short")
    assert more[0].startswith("  longer  two")
    assert (len(more) > 1) == heard.terminal
    assert all(line.startswith(" " * 10) for line in more[1:])


def test_errors_are_one_line_anywhere(heard):
    (line,) = heard(console.fail, "a: 1\n  b; mend " + LONG)
    assert line.startswith("nnpp: a: 1 b; mend two words")


def test_what_was_written_reads_as_a_shell_does(heard):
    paths = [Path(p) for p in ("r/bands.csv", "r/bands.h5", "r/dos.csv", "s/bands.csv")]
    lines = heard(console.wrote, paths)
    assert lines == ["wrote r/bands.{csv,h5}", "wrote r/dos.csv", "wrote s/bands.csv"]


def test_the_sign_turns_only_in_a_terminal(heard):
    seen = []
    lines = heard(lambda: seen.extend(console.progress(iter([1, 2]), "busy", 2)))
    assert seen == [1, 2]
    assert any("busy" in line for line in lines) == heard.terminal
