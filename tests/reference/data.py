"""Reference numbers that lie beside a checkout of the project, where there are any."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "reference"


def reference(name: str) -> Path:
    """The path of a reference file or folder, or a skipped test."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the reference data {name} are not beside this checkout")
    return path


def numbers(name: str) -> dict:
    """What a JSON file of reference numbers holds."""
    return json.loads(reference(name).read_text())
