"""A disk full at any byte costs the checkpoint that was to be written, and no other."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.crowded import METRICS, ROOM

ROOT = Path(__file__).parents[2]
NAMES = [f"step-{step:08d}.ckpt" for step in (1, 2, 3)]


def crowded(kind: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "tests.faults.crowded", kind, str(folder)]


def judge(lines: str, reason: str) -> tuple[int, int]:
    """Every failure is one line and leaves whole files; return the failures and successes."""
    tries = [json.loads(line) for line in lines.splitlines()]
    for one in tries:
        before, after = one["before"], one["after"]
        assert sorted(before) == [METRICS, *NAMES[:2]]
        kept = NAMES[:2] if one["saved"] else NAMES[1:]
        assert sorted(after) == [METRICS, *kept]
        assert all(after[name] == before[name] for name in kept if name in before)
        assert (after[METRICS] == before[METRICS]) == bool(one["added"])
        for message in filter(None, (one["saved"], one["added"])):
            assert message.count("\n") == 0 and f"cannot be written: {reason}" in message
    failed = sum(bool(one["saved"]) for one in tries)
    return failed, len(tries) - failed


def test_no_file_may_grow_beyond_a_limit(tmp_path):
    command = crowded("limit", tmp_path / "checkpoints")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    failed, saved = judge(done.stdout, "file too large")
    assert failed > 50
    assert saved > 10


def test_a_small_disk(tmp_path):
    mount = f"mount -t tmpfs -o size={ROOM} small {shlex.quote(str(tmp_path))}"
    own = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    try:
        subprocess.run([*own, mount], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("a small disk of one's own cannot be mounted here")
    command = f"{mount} && exec {shlex.join(crowded('space', tmp_path / 'checkpoints'))}"
    done = subprocess.run([*own, command], cwd=ROOT, capture_output=True, text=True, check=True)
    failed, saved = judge(done.stdout, "no space left on device")
    assert failed > 10
    assert saved > 10
    assert list(tmp_path.iterdir()) == []
