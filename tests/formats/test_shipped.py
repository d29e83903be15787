"""Potentials that come with the package."""

import json
from pathlib import Path

import pytest
from ase.build import bulk

import nnpp
from nnpp.errors import InputError
from nnpp.formats.shipped import FOLDER, shipped
from nnpp.units import BOHR_ANGSTROM

RESULTS = Path(nnpp.__file__).parents[1] / "results" / "reference"


@pytest.mark.parametrize(("name", "system"), [("zb-CdSe", "zb-CdSe"), ("III-V", "InP")])
def test_a_shipped_potential_has_the_gap_of_its_reference_run(name, system):
    fitted = nnpp.load(name)
    (about,) = (s for s in fitted.about["systems"] if s["name"] == system)
    a = (8 * about["volume_per_atom_bohr3"]) ** (1 / 3) * BOHR_ANGSTROM
    found = fitted.bands(bulk(about["formula"], "zincblende", a=a), [[0.0, 0.0, 0.0]])
    expected = json.loads((RESULTS / name / "summary.json").read_text())["systems"][system]
    assert found.gap.ev == pytest.approx(expected["gap_ev"], abs=1e-6)


def test_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zb-CdSe").mkdir()
    with pytest.raises(InputError, match="no such file"):
        nnpp.load("zb-CdSe")


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(InputError, match=r"zb-CdTe.*III-V, zb-CdSe"):
        nnpp.load("zb-CdTe")


def test_both_fits_are_shipped_and_small():
    assert shipped() == ("III-V", "zb-CdSe")
    assert all(file.stat().st_size < 50_000 for file in Path(FOLDER).iterdir())
