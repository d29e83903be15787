"""metrics.jsonl: complete lines, at most one broken last line, only finite numbers."""

import json

import pytest

from nnpp.errors import InputError, NnppError
from nnpp.runs.metrics import append, cut, read_metrics

LINES = [{"step": i, "loss_ev2": 0.1 / (i + 1), "holdout_ev2": None} for i in range(5)]


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "run" / "metrics.jsonl"
    for line in LINES:
        append(file, line)
    return file


def test_lines_are_read_as_written(path):
    assert read_metrics(path) == LINES
    assert [json.loads(line) for line in path.read_text().splitlines()] == LINES


@pytest.mark.parametrize(
    "tail", ['{"step": 5, "lo', '{"st', "\0\0\0", '{"a": 1}\n', "Γ"[:1], "[5]"]
)
def test_a_broken_last_line_is_ignored(path, tail):
    path.write_text(path.read_text() + tail)
    assert read_metrics(path) == LINES


@pytest.mark.parametrize("tail", ['{"step": 5, "lo', "\0\0", '{"step": 5}'])
def test_a_line_after_a_broken_one_is_separate(path, tail):
    path.write_text(path.read_text() + tail)
    append(path, {"step": 6})
    whole = [{"step": 5}] if tail.endswith("}") else []
    assert read_metrics(path) == [*LINES, *whole, {"step": 6}]
    assert path.read_bytes().count(b"\n") == len(LINES) + len(whole) + 1


def test_every_cut_of_the_last_line(path):
    raw = path.read_bytes()
    start = raw[:-1].rfind(b"\n") + 1
    for end in range(start, len(raw)):
        path.write_bytes(raw[:end])
        assert read_metrics(path) == LINES[: 5 if end == len(raw) - 1 else 4]


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff", b"3", b'{"loss": 1}', b"[" * 99_999])
def test_any_other_broken_line_is_refused(path, broken):
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], broken, *lines[2:]]))
    for use in (read_metrics, lambda p: cut(p, 2)):
        with pytest.raises(InputError) as caught:
            use(path)
        assert caught.value.line == 3
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), [float("nan")]])
def test_only_finite_numbers_are_written(path, wrong):
    with pytest.raises(NnppError, match=r"step 9 .*NaN"):
        append(path, {"step": 9, "loss_ev2": wrong})
    assert read_metrics(path) == LINES


def test_a_resumed_fit_continues_from_its_step(path):
    path.write_text(path.read_text() + '{"step": 5, "lo')
    kept = path.read_bytes().split(b"\n")[:3]
    cut(path, 2)
    assert path.read_bytes() == b"\n".join(kept) + b"\n"
    append(path, {"step": 3})
    assert read_metrics(path) == [*LINES[:3], {"step": 3}]
    cut(path, -1)
    assert path.read_bytes() == b""


def test_no_file(tmp_path):
    cut(tmp_path / "metrics.jsonl", 3)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no such file"):
        read_metrics(tmp_path / "metrics.jsonl")


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("file/metrics.jsonl", "."):
        with pytest.raises(InputError, match="cannot be written"):
            append(tmp_path / name, {"step": 1})
