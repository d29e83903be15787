"""Output: aligned in a pipe, folded in a terminal."""

import io
import sys
import time
from pathlib import Path

import pytest

from nnpp.cli import console, live
from nnpp.devices import compilation


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


def test_a_live_line_is_drawn_only_in_a_terminal(heard, monkeypatch):
    monkeypatch.setattr(live, "AFTER", 0.0)
    monkeypatch.setattr(live, "INTERVAL", 0.01)
    seen = []

    def run() -> None:
        for event in console.progress(iter([1, 2]), "busy", 2):
            time.sleep(0.1)
            seen.append(event)
        live.LINE.stop()

    lines = heard(run)
    assert seen == [1, 2]
    assert any("busy" in line for line in lines) == heard.terminal
    assert all(len(live.ERASE) + len(x) <= 48 for y in lines for x in y.split(live.ERASE))


def test_a_table_in_a_terminal_has_some_steps_and_the_last(heard):
    def run() -> None:
        table = console.StepTable()
        table.begin({"step": 6, "loss/eV²": 8, "s": 4}, 0, 7)
        for i in range(8):
            table.step(i, [str(i), f"{10 - i}", "1.0"])
        table.end()
        live.LINE.stop()

    lines = [line.split(live.ERASE)[-1].split() for line in heard(run)]
    steps = [line[0] for line in lines if line and line[0] != "step"]
    assert steps == (list("01257") if heard.terminal else list("01234567"))


def test_the_time_left_is_that_of_the_steps_after_the_first(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(live.sys, "stderr", Terminal(io.BytesIO(), "utf-8"))
    line = live.LiveLine()
    line._thread = live.Thread()  # nothing is drawn
    line.show("step", 0, 10)
    now[0] = 100.0  # compiling
    line.show("step", 1, 10)
    assert "left" not in line.line(80)
    now[0] = 102.0
    line.show("step", 2, 10, "fitted 3 meV")
    text = line.line(80)
    assert "2/10" in text and "0:16 left" in text and text.endswith("fitted 3 meV")
    now[0] = 103.0
    assert "0:15 left" in line.line(80)
    assert len(line.line(20)) == 20


def test_a_terminal_without_unicode_gets_ascii(monkeypatch):
    monkeypatch.setattr(live.sys, "stderr", Terminal(io.BytesIO(), "ascii"))
    line = live.LiveLine()
    line.text, line.total, line.done = "step", 4, 2
    assert line.line(80).isascii() and "######......" in line.line(80)


def test_a_long_compilation_is_named(monkeypatch):
    count = compilation.Count.__new__(compilation.Count)
    count.asked = live.time.monotonic() - 7
    monkeypatch.setattr(compilation, "watched", lambda: count)
    assert live.compiling() == "compiling (once), 7 s"
    count.asked = live.time.monotonic()
    assert live.compiling() == ""
