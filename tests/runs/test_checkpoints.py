"""Checkpoints: written and read, invalid ones refused, other processes undisturbed."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError, NnppError
from nnpp.files.atomic import atomic_path
from nnpp.runs import checkpoints
from nnpp.runs.checkpoint_file import Checkpoint
from nnpp.runs.checkpoints import Found, clear, newest, save
from tests.faults.samples import IDENTITY, checkpoint, same

ROOT = Path(__file__).parents[2]
OTHER = "6" * 64


def state(step: int = 1, **arrays: np.ndarray) -> Checkpoint:
    return Checkpoint(step, arrays, {"method": "lm"}, IDENTITY)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("code", ["?", "i1", "i8", "u4", "f2", "f4", "f8", "c8", "c16", ">f8"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_every_kind_of_number_is_read_as_written(tmp_path, code, shape):
    numbers = np.random.default_rng(0).normal(size=shape) * 9
    array = np.asarray(numbers).astype(code)
    save(tmp_path, state(x=array, y=array.T))
    found = newest(tmp_path, IDENTITY).checkpoint
    assert same(found, state(x=array, y=array.T))


def test_the_description_is_read_as_written(tmp_path):
    about = {"loss_ev2": 0.1, "rng": [1, 2**64], "best": {"Γ": None}, "done": False}
    save(tmp_path, Checkpoint(3, {"file": np.ones(2)}, about, IDENTITY))
    found = newest(tmp_path, IDENTITY).checkpoint
    assert found is not None
    assert (found.step, found.about, list(found.arrays)) == (3, about, ["file"])


def test_a_file_begins_with_the_hash_of_the_rest(tmp_path):
    raw = save(tmp_path, checkpoint(1)).read_bytes()
    assert raw[:64].decode() == sha256(raw[64:]).hexdigest()


def test_the_last_two_are_kept(tmp_path):
    for step in (1, 5, 6, 100_000_000):
        save(tmp_path, checkpoint(step))
    assert names(tmp_path) == ["step-00000006.ckpt", "step-100000000.ckpt"]
    assert same(newest(tmp_path, IDENTITY).checkpoint, checkpoint(100_000_000))


def test_a_damaged_one_does_not_count_among_the_two(tmp_path):
    """Resumed from 10, as 20 is damaged: 10 must stay until there is another valid one."""
    save(tmp_path, checkpoint(10))
    (tmp_path / "step-00000020.ckpt").write_bytes(b"no checkpoint")
    save(tmp_path, checkpoint(15))
    assert names(tmp_path) == ["step-00000010.ckpt", "step-00000015.ckpt"]


def test_later_checkpoints_of_an_older_run_are_not_the_newest(tmp_path):
    for step in (1, 2, 3, 2):
        save(tmp_path, checkpoint(step))
    assert same(newest(tmp_path, IDENTITY).checkpoint, checkpoint(2))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1j * np.inf, np.float32("nan")])
def test_numbers_that_are_not_finite_are_never_saved(tmp_path, wrong):
    save(tmp_path, checkpoint(1))
    with pytest.raises(NnppError, match=r"step 2 .*'params/Cd'"):
        save(tmp_path, state(2, good=np.ones(3), **{"params/Cd": np.array([1.0, wrong])}))
    with pytest.raises(NnppError, match="step 2 "):
        save(tmp_path, Checkpoint(2, {}, {"loss": float(np.abs(wrong))}, IDENTITY))
    assert names(tmp_path) == ["step-00000001.ckpt"]


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([None]), np.zeros(2, "V2")])
def test_arrays_without_numbers_are_refused(tmp_path, array):
    with pytest.raises(NnppError, match="'x'"):
        save(tmp_path, state(x=array))
    assert names(tmp_path) == []


def test_no_checkpoints(tmp_path):
    assert newest(tmp_path, IDENTITY) == newest(tmp_path / "none", IDENTITY) == Found(None, ())


def test_without_a_valid_checkpoint_an_error_is_raised(tmp_path):
    for path in [save(tmp_path, checkpoint(step)) for step in (1, 2)]:
        path.write_bytes(b"")
    with pytest.raises(InputError, match="is empty, and no older") as caught:
        newest(tmp_path, IDENTITY)
    assert "step-00000002.ckpt" in str(caught.value)
    assert "--fresh" in caught.value.remedy


def test_another_fit(tmp_path):
    save(tmp_path, checkpoint(1))
    with pytest.raises(InputError, match="belongs to another fit") as caught:
        newest(tmp_path, OTHER)
    assert "--fresh, or restore" in caught.value.remedy.replace(
        "`--fresh` starts over", "--fresh"
    )
    one = Checkpoint(1, {}, {}, OTHER)
    save(tmp_path / "other", one)
    (tmp_path / "other/step-00000001.ckpt").rename(tmp_path / "step-00000002.ckpt")
    found = newest(tmp_path, IDENTITY)
    assert same(found.checkpoint, checkpoint(1))
    assert found.notes == ("step-00000002.ckpt belongs to another fit; not used",)


def test_copies_folders_and_links_are_refused(tmp_path):
    save(tmp_path, checkpoint(1))
    raw = (tmp_path / "step-00000001.ckpt").read_bytes()
    (tmp_path / "step-00000001 (copy).ckpt").write_bytes(raw)
    (tmp_path / "step-00000004.ckpt").mkdir()
    (tmp_path / "step-00000005.ckpt").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "step-00000006.ckpt")
    found = newest(tmp_path, IDENTITY)
    assert same(found.checkpoint, checkpoint(1))
    assert [note.split(".")[0] for note in found.notes] == [
        f"step-0000000{i}" for i in (6, 5, 4)
    ]
    (tmp_path / "step-00000001.ckpt").unlink()
    with pytest.raises(InputError):
        newest(tmp_path, IDENTITY)


def test_fresh_removes_valid_and_invalid_ones(tmp_path):
    for name in ("step-00000001.ckpt", "step-1.ckpt", ".step-00000001-abcd1234.ckpt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "metrics.jsonl").write_bytes(b"")
    clear(tmp_path)
    clear(tmp_path / "none")
    assert names(tmp_path) == ["metrics.jsonl"]
    assert newest(tmp_path, IDENTITY) == Found(None, ())


def test_leftovers_of_killed_writers_are_swept_and_nothing_else(tmp_path):
    save(tmp_path, checkpoint(1))
    spared = [".step-00000002.ckpt", ".bands-abcd1234.csv", "step-00000002-abcd1234.txt"]
    for name in (".step-00000002-abcd1234.ckpt", *spared):
        (tmp_path / name).write_bytes(b"half")
    newest(tmp_path, IDENTITY)
    assert names(tmp_path) == sorted([*spared, "step-00000001.ckpt"])


def test_a_live_writer_keeps_its_temporary(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    with atomic_path(tmp_path / "step-00000002.ckpt") as temporary:
        fcntl.flock(handle, fcntl.LOCK_SH)
        newest(tmp_path, IDENTITY)
        assert temporary.exists()
        os.close(handle)
        temporary.write_bytes(b"")


def test_a_writer_waits_for_a_sweep(tmp_path):
    """Without the lock its temporary file could be swept by the next reader."""
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    writer = threading.Thread(target=save, args=(tmp_path, checkpoint(1)))
    writer.start()
    writer.join(0.3)
    assert writer.is_alive()
    assert names(tmp_path) == []
    os.close(handle)
    writer.join()
    assert names(tmp_path) == ["step-00000001.ckpt"]


def test_a_writer_does_not_wait_forever(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SWEEP", 0.05)
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    save(tmp_path, checkpoint(1))
    os.close(handle)
    assert names(tmp_path) == ["step-00000001.ckpt"]


def test_readers_do_not_disturb_a_trainer(tmp_path):
    command = [sys.executable, "-m", "tests.faults.trainer", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as trainer:
        assert trainer.stdout is not None
        trainer.stdout.readline()
        seen, end = set(), time.monotonic() + 1
        while time.monotonic() < end:
            found = newest(tmp_path, IDENTITY).checkpoint
            assert found is not None
            assert same(found, checkpoint(found.step))
            seen.add(found.step)
        assert trainer.poll() is None
        trainer.kill()
    assert len(seen) > 10


def test_a_trainer_that_continues_while_the_folder_is_read(tmp_path, monkeypatch):
    """Both listed files have been removed when they are opened."""
    save(tmp_path, checkpoint(1))
    real, steps = checkpoints._read, [3, 2]

    def late(path: Path, identity: str) -> Checkpoint:
        while steps:
            save(tmp_path, checkpoint(steps.pop()))
        return real(path, identity)

    monkeypatch.setattr(checkpoints, "_read", late)
    found = newest(tmp_path, IDENTITY)
    assert same(found.checkpoint, checkpoint(3))
    assert found.notes == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: b"", "is empty"),
        (lambda raw: raw[:-1], "is truncated: "),
        (lambda raw: raw[:-1] + b"?", "is damaged: its SHA-256 does not match"),
        (lambda raw: raw + b"?", "is damaged: its SHA-256 does not match"),
        (lambda raw: b"PK" + raw, "is no checkpoint of this nnpp"),
    ],
)
def test_the_error_states_why_a_file_is_refused(tmp_path, change, words):
    path = save(tmp_path, checkpoint(1))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        newest(tmp_path, IDENTITY)
    assert f"{path}: {words}" in str(caught.value)


@pytest.mark.parametrize("place", ["file", "file/checkpoints"])
def test_a_place_that_is_no_folder(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be"):
        save(tmp_path / place, checkpoint(1))
    with pytest.raises(InputError, match="cannot be"):
        newest(tmp_path / place, IDENTITY)
