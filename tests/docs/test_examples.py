"""Every example runs and draws its picture."""

import runpy

import pytest

from examples import NAMES
from tests.docs.blocks import ROOT

SLOW = ("first_fit", "own_gpaw_bands", "ensemble")
"""Examples that run fits: half a minute or more each."""

CASES = [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in NAMES]


@pytest.mark.parametrize("name", CASES)
def test_example_draws_its_picture(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
    assert (tmp_path / f"{name}.png").stat().st_size > 1000
    assert (ROOT / "docs/images/gallery" / f"{name}.png").is_file()


def test_all_examples_are_in_the_gallery():
    files = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert files - {"__init__", "__main__"} == set(NAMES)
