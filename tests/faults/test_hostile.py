"""Every reader refuses a hostile file in one line, in 1 GB and 10 s."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.bounded import FAST, SLOW

ROOT = Path(__file__).parents[2]

SECONDS, MEMORY_MB = 10, 1000

SLOWLY = [pytest.param(kind, marks=pytest.mark.slow) for kind in SLOW]


def read_by_process(kinds: list[str]) -> dict[str, dict]:
    """Messages of the readers for these kinds of files, and what they needed."""
    command = [sys.executable, "-m", "tests.faults.bounded", *kinds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line["kind"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def fast():
    return read_by_process(list(FAST))


def judge(kind: str, found: dict) -> None:
    case = (FAST | SLOW)[kind]
    message = found["message"]
    assert "\n" not in message
    assert re.match(rf".*{re.escape(case.name)}.*: .*(?:{case.words}).*", message), message
    assert re.search(r"; \S|`--fresh`", message), message
    assert found["seconds"] < SECONDS
    assert found["total_mb"] < MEMORY_MB
    assert found["children_mb"] < MEMORY_MB


@pytest.mark.parametrize("kind", FAST)
def test_refused_at_once(fast, kind):
    judge(kind, fast[kind])


@pytest.mark.parametrize("kind", SLOWLY)
def test_refused_in_time(kind):
    judge(kind, read_by_process([kind])[kind])
