"""The command line run within the test's own process, and small fits to run it on."""

import io
import os
import sys
from dataclasses import dataclass

import pytest

from nnpp.cli.app import main
from tests.cli.samples import files, tree, write_tiny, written


@dataclass(frozen=True)
class Run:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def nnpp(monkeypatch):
    """The command, as `nnpp("bands", folder, "--plot")`, in pipes."""

    def run(*words: object) -> Run:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["nnpp", *map(str, words)])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(os, "environ", os.environ.copy())
            with pytest.raises(SystemExit) as end:
                main()
        message = []
        for stream in (out, err):
            stream.flush()
            message.append(stream.buffer.getvalue().decode())
        return Run(end.value.code or 0, *message)

    return run


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A folder with one small fit, named `tiny`, to stand in."""
    monkeypatch.chdir(tmp_path)
    return write_tiny(tmp_path / "tiny")


@pytest.fixture
def refused(nnpp, tmp_path):
    """Run the command, and see that it is refused as it should be."""

    def run(*words: object, message: str, at: str = "") -> str:
        before = tree(tmp_path)
        done = nnpp(*words)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"nnpp: {at}")
        assert done.err.count("\n") == 1
        assert done.err.endswith("\n")
        assert message in done.err
        what, _, remedy = done.err.partition("; ")
        assert what and remedy.strip()
        assert tree(tmp_path) == before
        return done.err

    return run


@pytest.fixture
def done(nnpp, tiny):
    """Run `nnpp bands tiny` with options; it must succeed, and tell of every file it wrote."""

    def run(*words: object) -> str:
        answer = nnpp("bands", "tiny", "--out", "out", *words)
        assert (answer.code, answer.err) == (0, ""), answer.err
        assert sorted(written(answer.out)) == files("out")
        return answer.out

    return run
