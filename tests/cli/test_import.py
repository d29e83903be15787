"""`nnpp import` makes a fit folder from files of other programs, or prints one clear line."""

import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "formats" / "codes" / "data"
SI = DATA / "gpaw" / "si.gpw"
GAAS = DATA / "elk" / "gaas" / "EIGVAL.OUT"


def test_an_imported_fit_can_be_checked_and_solved(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = nnpp("import", SI, "--fit", "mine", "--cutoff", "3 hartree")
    assert made.code == 0, made.err
    for row in ("GPAW 22.8.0", "Fd-3m (227)", "6 of 6 kept, 4 full", "0.6013 eV, indirect"):
        assert row in made.out
    assert sorted(p.name for p in Path("inputs/mine").iterdir()) == [
        *("Si.h5", "Si.vasp", "fit.yaml")
    ]
    check = nnpp("check", "inputs/mine")
    assert check.code == 0, check.err
    assert "6 bands, each level once, at 5 k-points" in check.out
    bands = nnpp("bands", "inputs/mine")
    assert bands.code == 0, bands.err
    assert "RMSE by band" in bands.out


def test_several_files_are_systems_of_one_fit(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = nnpp("import", GAAS, GAAS.with_name("BAND.OUT"), "--fit", "two", "--vbm", "-5.44 eV")
    assert made.code == 0, made.err
    text = Path("inputs/two/fit.yaml").read_text(encoding="utf-8")
    assert "name: GaAs-EIGVAL" in text and "name: GaAs-BAND" in text
    assert text.count("zero: absolute") == 2
    assert "train: [local, nonlocal, s_wave, spin_orbit]" in text
    assert "&" not in text
    assert made.out.count("-5.4400 eV at Γ") == 2
    assert made.out.count("1–20: closed shells") == 2


def test_an_import_for_filter_codes_has_no_s_waves(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = nnpp("import", GAAS, "--fit", "served", "--for", "filter", "--cutoff", "3 hartree")
    assert made.code == 0, made.err
    text = Path("inputs/served/fit.yaml").read_text(encoding="utf-8")
    assert "  for: filter\n" in text and "s_wave" not in text
    assert "plane_waves: per-k\n" in text
    assert text.count("40.0") == 4, "the band edges, two spinors each"
    assert "train: [local, nonlocal, spin_orbit]" in text
    check = nnpp("check", "inputs/served")
    assert check.code == 0, check.err
    refused = nnpp("import", GAAS, "--fit", "other", "--for", "filtre")
    assert refused.code == 2 and "did you mean 'filter'?" in refused.err
    assert not Path("inputs/other").exists()


def test_a_structure_file_of_the_same_name_is_used(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nnpp("import", SI, "--fit", "first").code == 0
    shutil.copy(DATA / "gpaw" / "si.json", "si.json")
    shutil.copy("inputs/first/Si.vasp", "si.vasp")
    made = nnpp("import", "si.json", "--fit", "second", "--occupied", "4")
    assert made.code == 0, made.err
    assert "0.6013 eV" in made.out


def test_polytypes_are_not_strained_cells(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = DATA / "espresso" / "si_so.bands.xml"  # sheared, so of another space group
    spinors = DATA / "vasp" / "spinor" / "vasprun.xml"
    made = nnpp("import", spinors, other, "--fit", "two")
    assert made.code == 0, made.err
    assert "dilation" not in Path("inputs/two/fit.yaml").read_text(encoding="utf-8")


WRONG = [
    ((SI, GAAS, "--fit", "x"), "some files have spin-orbit, others do not", ""),
    (("nowhere.xml", "--fit", "x"), "no such file", "nowhere.xml"),
    ((DATA, "--fit", "x"), "contains no file of bands", ""),
    ((DATA / "gpaw" / "si.txt", "--fit", "x"), "has no known format", ""),
    ((SI, "--fit", "x/y"), "is not a name of a fit", "--fit"),
    ((SI, "--fit", "x", "--format", "vaps"), "did you mean 'vasp'?", "--format"),
    ((SI, "--fit", "x", "--format", "vasp"), "si.gpw", ""),
    ((SI, "--fit", "x", "--cutoff", "7"), "has no unit", "--cutoff"),
    ((SI, "--fit", "x", "--cutoff", "-7 hartree"), "is not above zero", "--cutoff"),
    ((SI, "--fit", "x", "--scissor", "much"), "is not a quantity", "--scissor"),
    ((SI, "--fit", "x", "--leave-out", "5-2"), "is not a range of bands", "--leave-out"),
    ((SI, "--fit", "x", "--bands", "0"), "is too few", "--bands"),
    ((SI, "--fit", "x", "--occupied", "5"), "has 4 full levels", ""),
    ((SI, "--fit", "x", "--spin-orbit"), "has no spin-orbit", ""),
    ((SI, "--fit", "x", "--path", "Γ"), "fewer than two", "--path"),
    ((SI, "--fit", "x", "--structure", "none.cif"), "no such file", "none.cif"),
    ((DATA / "berkeleygw" / "eqp1.dat", "--fit", "x"), "add --structure FILE", ""),
]


@pytest.mark.parametrize(("words", "message", "at"), WRONG, ids=lambda x: str(x)[-40:])
def test_errors_are_one_line(refused, tmp_path, monkeypatch, words, message, at):
    monkeypatch.chdir(tmp_path)
    refused("import", *words, message=message, at=at)


def test_an_existing_fit_is_kept(nnpp, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nnpp("import", SI, "--fit", "mine").code == 0
    refused("import", SI, "--fit", "mine", message="exists already")
