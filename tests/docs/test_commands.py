"""Every command, program and fit of README.md and docs/ is run in a small project."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.docs.blocks import PAGES, ROOT, RUN, blocks, commands, lines, looks_like
from tests.docs.conftest import lay_out, make_small

NOT_RUN = [b for page in PAGES for b in blocks(page) if "not run" in b.said]

BINARIES = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


class Reader:
    """Somebody who does what a page says, in a folder of their own."""

    def __init__(self, nnpp):
        self.nnpp = nnpp
        self.names: dict = {}
        self.undo: dict[Path, str] = {}

    def follow(self, block) -> None:
        """One block."""
        getattr(self, block.kind)(block)

    def sh(self, block) -> None:
        """Commands that succeed."""
        for line in lines(block.text):
            code, printed = self.command(line)
            assert code == 0, f"{block.place}: {line}\n{printed}"

    def console(self, block) -> None:
        """Commands, and all that they print; a lone error is told with exit code 2."""
        for line, printed in commands(block.text):
            code, said = self.command(line)
            assert code == 2 or not said.startswith("nnpp: "), f"{block.place}: {line}"
            assert looks_like(printed).fullmatch(said), f"{block.place}: {line}\n{said}"
        for path, text in self.undo.items():
            path.write_text(text, encoding="utf-8")
        self.undo = {}

    def python(self, block) -> None:
        """A program."""
        exec(compile(block.text, block.place, "exec"), self.names)

    def yaml(self, block) -> None:
        """A whole file, or keys that are put into one, which is then checked."""
        if "in" not in block.said:
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
            return
        whole, fit = YAML(), Path(block.said["in"])
        for part in YAML().load_all(block.text):
            data = whole.load(fit)
            data.update(part)
            other = fit.parent.with_name("changed") / fit.name
            shutil.copytree(fit.parent, other.parent, dirs_exist_ok=True)
            whole.dump(data, other)
            done = self.nnpp("check", other.parent)
            assert done.code == 0, f"{block.place}: {done.err}"

    def diff(self, block) -> None:
        """A file spoilt until the next console has been looked at."""
        path = Path(block.title)
        text = self.undo.setdefault(path, path.read_text(encoding="utf-8"))
        old = "".join(x[1:] for x in block.text.splitlines(True) if x.startswith(("-", " ")))
        new = "".join(x[1:] for x in block.text.splitlines(True) if x.startswith(("+", " ")))
        assert text.count(old) == 1, f"{block.place}: {text}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def command(self, line: str) -> tuple[int, str]:
        """Run one; nnpp within this process, anything else by a shell."""
        words = shlex.split(line, comments=True)
        if Path(words[0]).name == "nnpp" and not {"&&", "|", ">"} & set(words):
            done = self.nnpp(*words[1:])
            return done.code, done.out + done.err
        shell = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            capture_output=True,
            text=True,
            env=os.environ | {"PATH": BINARIES, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        return shell.returncode, shell.stdout + shell.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.usefixtures("undrawn", "hasty")
def test_what_a_page_says_can_be_done(page, nnpp, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_small(tmp_path)
    reader = Reader(nnpp)
    for block in blocks(page):
        for sample in filter(None, block.said.get("with", "").split(", ")):
            if sample.startswith("results/"):
                shutil.copytree(request.getfixturevalue("fitted") / sample, tmp_path / sample)
            else:
                lay_out(sample, tmp_path)
        if block.kind in RUN and "not run" not in block.said:
            reader.follow(block)
    assert not reader.undo, "a file was spoilt, and no console shows what comes of it"


@pytest.mark.parametrize("block", NOT_RUN, ids=lambda block: block.place)
def test_what_is_not_run_has_a_reason(block):
    assert block.kind in RUN
    assert len(block.said["not run"].split()) >= 2


def test_no_block_is_without_a_kind():
    """A fence that says nothing would never be run."""
    for page in PAGES:
        fences = page.read_text(encoding="utf-8").count("\n```")
        found = blocks(page)
        assert fences == 2 * len(found), page.name
        assert all(block.kind in (*RUN, "text") for block in found), page.name


def test_pages_have_something_to_run():
    run = [b for page in PAGES for b in blocks(page) if b.kind in RUN and b not in NOT_RUN]
    assert len(run) > 40
    assert len({b.page for b in run}) > 6
