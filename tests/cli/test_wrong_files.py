"""Wrong files and folders, and options of typer's own: exit code 2, nothing written."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.samples import tree, write_tiny
from tests.config.samples import write_older


def test_two_fits_of_one_name(refused, tiny, tmp_path):
    write_tiny(tmp_path / "other" / "tiny")
    refused(
        "bands", "tiny", "other/tiny", message="two fits are named 'tiny'", at="other/tiny:"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none", None, "no such file or folder"),
        ("net.pth", b"\x80\x02", "start from Zunger"),
        ("a.png", b"\x89PNG", "does not describe a fit"),
        ("a.yaml", b"\x00\x01", "is a binary file"),
        ("a.yaml", b"", "is empty"),
        ("empty", "folder", "contains no fit"),
    ],
)
@pytest.mark.parametrize("verb", ["bands", "check"])
def test_no_fit(refused, tmp_path, monkeypatch, verb, name, content, message):
    monkeypatch.chdir(tmp_path)
    if content == "folder":
        Path(name).mkdir()
    elif content is not None:
        Path(name).write_bytes(content)
    refused(verb, name, message=message, at=f"{name}:")


def test_no_inputs_at_all(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused("bands", message="no such file or folder", at="inputs:")


OLDER = [
    ("NN_config.par", "nSystem", "nSistem", 2, "did you mean 'nSystem'?"),
    ("system_0.par", "0.5 0.5 0.0", "0.5 0.5", 6, "correct the line"),
    ("input_0.par", "maxKE = 5", "maxKE = -5", 1, "above zero"),
    ("expBandStruct_0.par", "-19.9 -19.9", "-19.9", 2, "columns"),
    ("bandWeights_0.par", "1.0\n", "", None, "has 3 weights"),
    ("kpoints_0.par", "0.5 0.5 0.5", "9.5 0.5 0.5", 1, "fractional"),
    ("init_CdParams.par", "0.0586\n", "0.0586\n1\n", None, "holds 6 numbers"),
]


@pytest.mark.parametrize(("name", "old", "new", "line", "message"), OLDER)
def test_a_wrong_folder_of_the_older_code(
    refused, tmp_path, monkeypatch, name, old, new, line, message
):
    monkeypatch.chdir(tmp_path)
    write_older(tmp_path / "older")
    text = Path("older", name).read_text()
    assert old in text
    Path("older", name).write_text(text.replace(old, new, 1))
    place = f"older/{name}:{'' if line is None else f'{line}:'}"
    refused("check", "older", message=message, at=place)


def test_a_missing_file_of_the_older_code(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (write_older(tmp_path / "older") / "kpoints_0.par").unlink()
    refused("check", "older", message="no such file", at="older/kpoints_0.par:")


@pytest.mark.parametrize(
    "words",
    [
        ["bands", "--nonsense"],
        ["bands", "--points", "five"],
        ["bands", "--points", "1"],
        ["bands", "--bands", "0"],
        ["band"],
    ],
)
def test_typers_own_refusals(nnpp, tiny, tmp_path, words):
    before = tree(tmp_path)
    done = nnpp(*words)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert tree(tmp_path) == before


@contextmanager
def nobody():
    """An ordinary user, even where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the rights of a Unix file")
@pytest.mark.parametrize(
    ("closed", "words", "message"),
    [
        ("fits", ["check", "fits"], "make it readable"),
        ("fits/tiny", ["check", "fits/tiny"], "make it readable"),
        ("fits/tiny/fit.yaml", ["check", "fits/tiny"], "make it readable"),
        ("out", ["bands", "fits/tiny", "--out", "out"], "(--out)"),
        ("out", ["bands", "fits/tiny", "--out", "out/deeper"], "(--out)"),
    ],
)
def test_without_the_right_to(nnpp, monkeypatch, closed, words, message):
    with tempfile.TemporaryDirectory() as room:
        monkeypatch.chdir(room)
        Path(room).chmod(0o755)
        write_tiny(Path("fits/tiny"))
        Path("out").mkdir()
        # Import everything first: without rights, Python's own folders may be unreadable too.
        for command in (["check", "fits"], ["bands", "fits/tiny", "--out", "before"]):
            assert nnpp(*command).code == 0
        Path(closed).chmod(0o000 if words[0] == "check" else 0o555)
        with nobody():
            done = nnpp(*words)
        Path(closed).chmod(0o755)
        assert (done.code, done.out) == (2, ""), done.err
        assert done.err.startswith("nnpp: ")
        assert done.err.count("\n") == 1
        assert message in done.err
        assert not list(Path("out").iterdir())
