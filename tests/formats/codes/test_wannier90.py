"""Bands and Hamiltonians of Wannier90, against the first-principles levels."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.codes.wannier90 import FORMATS
from nnpp.formats.codes.wannier90_hr import Hopping, read_hopping, shared_among_images
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import crystal
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests.config.samples import assert_error, spoil

DATA = Path(__file__).parent / "data" / "wannier90"

MESH = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) / 2
"""The k-points of si.win, in the order of si.eig."""

PRINTED = 2e-5
"""Elements of H are printed to six decimals, and a level is a sum of many [eV]."""

BAND, HR = FORMATS


@pytest.fixture
def run(tmp_path) -> Path:
    """A copy of the run, to be spoiled."""
    return Path(shutil.copytree(DATA, tmp_path / "run"))


def read(file: Path, beside: Hints | None = None) -> ReferenceBands:
    """The bands, by the one format that knows the file."""
    head = file.read_bytes()[:4096].decode("latin-1")
    (known,) = [form for form in FORMATS if form.matches(file.name, head)]
    return known.read(file, beside or Hints())


def drawn() -> np.ndarray:
    """The levels of si_band.dat (k, band) [eV]."""
    return np.loadtxt(DATA / "si_band.dat")[:, 1].reshape(4, -1).T


def test_bands_as_printed():
    bands = read(DATA / "si_band.dat")
    assert bands.E.shape == (22, 4)
    assert np.allclose(bands.E * HARTREE_EV, drawn(), rtol=0, atol=1e-12)
    assert [(i, name) for i, name in enumerate(bands.labels) if name] == [
        (0, "L"),
        (6, "Γ"),
        (13, "X"),
        (14, "K"),
        (21, "Γ"),
    ]
    assert np.array_equal(bands.k[14], [0.375, 0.375, 0.75])
    assert bands.distance[13] == bands.distance[14]
    assert bands.warnings_for(bands.crystal) == ()
    assert bands.kpoints(bands.crystal).distance[-1] == pytest.approx(bands.distance[-1])


def test_what_the_input_says():
    bands = read(DATA / "si_band.dat")
    assert bands.crystal.symbols == ("Si", "Si")
    assert float(bands.crystal.volume) == pytest.approx(40.02575 / BOHR_ANGSTROM**3, rel=1e-6)
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert (bands.spinor, bands.occupied, bands.fermi) == (False, None, None)
    assert bands.provenance == {
        "program": "Wannier90",
        "version": "3.1.0",
        "num_wann": "4",
        "mp_grid": "2 2 2",
    }
    assert bands.notes == ()


def test_special_points_have_the_levels_of_the_program_beneath():
    eigenvalues = np.loadtxt(DATA / "si.eig")[:, 2].reshape(8, 4)
    bands = read(DATA / "si_band.dat")
    for i, k in ((0, [0.5, 0.5, 0.5]), (6, [0, 0, 0]), (13, [0.5, 0, 0.5])):
        at = int(np.flatnonzero((k == MESH).all(axis=1))[0])
        assert np.allclose(bands.E[i] * HARTREE_EV, eigenvalues[at], rtol=0, atol=1e-6)


@pytest.mark.parametrize("nearest", [False, True])
def test_hamiltonian_has_the_eigenvalues_of_the_mesh(nearest):
    eigenvalues = np.loadtxt(DATA / "si.eig")[:, 2].reshape(8, 4)
    hopping = read_hopping(DATA / "si_hr.dat")
    if nearest:
        hopping = Hopping(*shared_among_images(DATA / "si_wsvec.dat", hopping.R, hopping.H))
    assert np.abs(hopping.levels(MESH) - eigenvalues).max() < PRINTED


def test_hamiltonian_has_the_bands_that_are_drawn():
    hopping = read_hopping(DATA / "si_hr.dat")
    k = read(DATA / "si_band.dat").k
    assert np.abs(hopping.levels(k) - drawn()).max() > 0.1
    nearest = Hopping(*shared_among_images(DATA / "si_wsvec.dat", hopping.R, hopping.H))
    assert np.abs(nearest.levels(k) - drawn()).max() < PRINTED


def test_hamiltonian_along_the_path_asked_for():
    bands = read(DATA / "si_hr.dat", Hints(pieces=(("L", "Γ", "X"),), points=13))
    labelled = {name: i for i, name in enumerate(bands.labels) if name}
    assert list(labelled) == ["L", "Γ", "X"]
    mine = drawn()
    for name, i in (("L", 0), ("Γ", 6), ("X", 13)):
        assert np.abs(bands.E[labelled[name]] * HARTREE_EV - mine[i]).max() < PRINTED
    assert len(read(DATA / "si_hr.dat", Hints(points=30)).E) == pytest.approx(30, abs=4)


def test_without_the_images_a_note(run):
    (run / "si_wsvec.dat").unlink()
    assert "without si_wsvec.dat" in read(run / "si_hr.dat").notes[0]
    assert read(DATA / "si_hr.dat").notes == ()


def test_structure_of_the_output_file(run):
    (run / "si.win").unlink()
    bands = read(run / "si_hr.dat")
    assert np.allclose(bands.crystal.cell, read(DATA / "si_hr.dat").crystal.cell, atol=1e-6)
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert (bands.spinor, bands.provenance["version"]) == (None, "3.1.0")


def test_structure_that_the_user_names(run):
    for name in ("si.win", "si.wout"):
        (run / name).unlink()
    assert read(run / "si_band.dat").crystal is None
    with pytest.raises(InputError) as caught:
        read(run / "si_hr.dat")
    assert_error(caught.value, "si_hr.dat", None, "add --structure FILE")
    cell = 2.715 / BOHR_ANGSTROM * np.array([[-1, 0, 1], [0, 1, 1], [-1, 1, 0]])
    named = crystal(cell, [[0, 0, 0], [0.25] * 3], ("Si", "Si"))
    bands = read(run / "si_hr.dat", Hints(crystal=named))
    assert np.array_equal(bands.E, read(DATA / "si_hr.dat").E)
    assert bands.crystal is None


def test_other_units_and_labels(run):
    x = BOHR_ANGSTROM
    spoil(
        run / "si.win",
        "begin atoms_frac\nSi  0.00  0.00  0.00\nSi  0.25  0.25  0.25\nend atoms_frac",
        "Begin Atoms_Cart\nBohr\nsi1 0 0 0d0 ! one\n"
        f"Si_2 {-1.3575 / x} {1.3575 / x} {1.3575 / x}\nend atoms_cart",
    )
    bands = read(run / "si_band.dat")
    assert bands.crystal.symbols == ("Si", "Si")
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    text = (run / "si.win").read_text().replace("ang\n", "bohr\n")
    (run / "si.win").write_text(text)
    assert np.allclose(read(run / "si_band.dat").cell, np.asarray(bands.cell) * x)


@pytest.mark.parametrize(
    ("keyword", "attribute", "value"),
    [
        ("spinors = T", "spinor", True),
        ("SPINORS : .true.", "spinor", True),
        ("spinors false\nnum_elec_per_state = 2", "spinor", False),
        ("fermi_energy = 6.3d0", "fermi", 6.3 / HARTREE_EV),
        ("exclude_bands = 1-3,7", "notes", ("bands 1-3,7 are excluded",)),
        (
            "num_bands = 8\ndis_froz_max = 6.4",
            "notes",
            (
                "4 functions from 8 bands: above the frozen window (6.4 eV), the levels "
                "differ from those of the first-principles program",
            ),
        ),
    ],
)
def test_keywords(run, keyword, attribute, value):
    spoil(run / "si.win", "spinors   = .false.", keyword)
    for name in ("si_band.dat", "si_hr.dat"):
        assert getattr(read(run / name), attribute) == value


def test_projections_in_a_third_column(run):
    rows = (run / "si_band.dat").read_text().splitlines()
    rows = [f"{row}  0.50000000E+00" if row.strip() else row for row in rows]
    (run / "si_band.dat").write_text("\n".join(rows) + "\n")
    assert np.array_equal(read(run / "si_band.dat").E, read(DATA / "si_band.dat").E)
