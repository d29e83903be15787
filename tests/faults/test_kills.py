"""A trainer that is killed at any moment leaves a whole checkpoint, the last it reported."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnpp.runs.checkpoints import newest, save
from tests.faults.samples import IDENTITY, checkpoint, same

ROOT = Path(__file__).parents[2]


def reported(folder: Path, seconds: float) -> int:
    """The last step that a trainer reported before it was killed, `seconds` after its first."""
    command = [sys.executable, "-m", "tests.faults.trainer", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as trainer:
        assert trainer.stdout is not None
        first = trainer.stdout.readline()
        time.sleep(seconds)
        trainer.kill()
        lines = (first + trainer.stdout.read()).split("\n")[:-1]
    assert trainer.returncode == -9
    return int(lines[-1])


@pytest.mark.parametrize("kills", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_kills(tmp_path, kills):
    moments = random.Random(1)
    before, caught, struck = 0, 0, 0
    while struck < kills or not caught:
        struck += 1
        assert struck < kills + 100, "none struck while a file was being written"
        last = reported(tmp_path, moments.uniform(0, 0.03))
        caught += any(path.name.startswith(".") for path in tmp_path.iterdir())
        found = newest(tmp_path, IDENTITY)
        assert found.notes == ()
        assert found.checkpoint is not None
        assert last <= found.checkpoint.step <= last + 1
        assert same(found.checkpoint, checkpoint(found.checkpoint.step))
        assert last > before  # every life goes on where the one before ended
        before = found.checkpoint.step
        names = [path.name for path in tmp_path.iterdir()]
        assert all(name.startswith("step-") for name in names)
        assert len(names) <= 3  # the third is the oldest, if the kill kept it there
    save(tmp_path, checkpoint(before + 1))
    assert len(list(tmp_path.iterdir())) == 2
    assert caught >= kills // 12  # many kills struck while a file was being written
