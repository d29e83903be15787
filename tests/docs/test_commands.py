"""All commands, programs and fits of README.md and docs/ are run in a small project."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.docs.blocks import PAGES, ROOT, RUN, blocks, commands, lines, looks_like
from tests.docs.conftest import copy_sample, make_small

NOT_RUN = [b for page in PAGES for b in blocks(page) if "not run" in b.options]

NO_CACHE = shutil.ignore_patterns("__pycache__")

BINARIES = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


class Reader:
    """Runs the blocks of a page in one folder."""

    def __init__(self, nnpp):
        self.nnpp = nnpp
        self.names: dict = {}
        self.undo: dict[Path, str] = {}

    def follow(self, block) -> None:
        """Run one block."""
        getattr(self, block.kind)(block)

    def sh(self, block) -> None:
        """Run commands, which must succeed."""
        for line in lines(block.text):
            code, printed = self.command(line)
            assert code == 0, f"{block.place}: {line}\n{printed}"

    def console(self, block) -> None:
        """Run commands and compare their output; an error alone has exit code 2."""
        for line, printed in commands(block.text):
            code, output = self.command(line)
            assert code == 2 or not output.startswith("nnpp: "), f"{block.place}: {line}"
            assert looks_like(printed).fullmatch(output), f"{block.place}: {line}\n{output}"
        for path, text in self.undo.items():
            path.write_text(text, encoding="utf-8")
        self.undo = {}

    def python(self, block) -> None:
        """Run a program, or write the file of the title."""
        if block.title:
            self.write(block)
            return
        exec(compile(block.text, block.place, "exec"), self.names)

    def yaml(self, block) -> None:
        """Write a file, or put keys into one, which is then validated."""
        if "in" not in block.options:
            self.write(block)
            return
        yaml, fit = YAML(), Path(block.options["in"])
        for part in YAML().load_all(block.text):
            data = yaml.load(fit)
            data.update(part)
            other = fit.parent.with_name("changed") / fit.name
            shutil.copytree(fit.parent, other.parent, dirs_exist_ok=True)
            yaml.dump(data, other)
            done = self.nnpp("check", other.parent)
            assert done.code == 0, f"{block.place}: {done.err}"

    def write(self, block) -> None:
        """Write the file of the title."""
        Path(block.title).parent.mkdir(parents=True, exist_ok=True)
        Path(block.title).write_text(block.text, encoding="utf-8")

    def diff(self, block) -> None:
        """Change a file until the next console has been compared."""
        path = Path(block.title)
        text = path.read_text(encoding="utf-8")
        if "keep" not in block.options:
            self.undo.setdefault(path, text)
        old = "".join(x[1:] for x in block.text.splitlines(True) if x.startswith(("-", " ")))
        new = "".join(x[1:] for x in block.text.splitlines(True) if x.startswith(("+", " ")))
        assert text.count(old) == 1, f"{block.place}: {text}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def command(self, line: str) -> tuple[int, str]:
        """Run a command: nnpp within this process, others by a shell."""
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
@pytest.mark.usefixtures("undrawn", "quick_compile")
def test_every_page_runs(page, nnpp, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_small(tmp_path)
    reader = Reader(nnpp)
    for block in blocks(page):
        for sample in filter(None, block.options.get("with", "").split(", ")):
            if sample == "nnpp":
                shutil.copytree(ROOT / "nnpp", tmp_path / "nnpp", ignore=NO_CACHE)
            elif sample.startswith("results/"):
                shutil.copytree(request.getfixturevalue("fitted") / sample, tmp_path / sample)
            else:
                copy_sample(sample, tmp_path)
        if block.kind in RUN and "not run" not in block.options:
            reader.follow(block)
    assert not reader.undo, "a file was changed, and no console shows the result"


@pytest.mark.parametrize("block", NOT_RUN, ids=lambda block: block.place)
def test_blocks_that_are_not_run_have_a_reason(block):
    assert block.kind in RUN
    assert len(block.options["not run"].split()) >= 2


def test_every_block_has_a_kind():
    """A fence without a kind would never be run."""
    for page in PAGES:
        fences = page.read_text(encoding="utf-8").count("\n```")
        found = blocks(page)
        assert fences == 2 * len(found), page.name
        assert all(block.kind in (*RUN, "text") for block in found), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_source_files_that_a_page_names_exist(page):
    """A page names a file by its path from the root of the repository."""
    named = re.findall(r"`(\w+/[\w/]+\.py)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_enough_blocks_are_run():
    run = [b for page in PAGES for b in blocks(page) if b.kind in RUN and b not in NOT_RUN]
    assert len(run) > 40
    assert len({b.page for b in run}) > 6
