"""Bands of other programs become references; ambiguous ones are refused."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.bands_csv import write_bands_csv
from nnpp.formats.codes.format import Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.bands import Bands, levels
from nnpp.structures.kpoints import listed
from nnpp.structures.paths import path
from nnpp.units import HARTREE_EV
from nnpp.workflows.import_.convert import convert, spinor_of
from nnpp.workflows.import_.options import Request
from tests import systems

DATA = Path(__file__).parents[1] / "formats" / "codes" / "data"
DEFAULTS = Request(Hints())
CDSE = systems.zincblende()
K = np.asarray(path(CDSE, None, 24).fractional)

REAL = [  # file, full levels, spinors, gap of the program's levels [eV], left out
    ("vasp/line/vasprun.xml", 4, False, 0.627, ()),
    ("vasp/spinor/vasprun.xml", 8, True, 0.443, ()),
    ("espresso/si.bands.xml", 4, False, 0.627, ()),
    ("espresso/si_so.bands.xml", 8, True, 0.443, ()),
    ("gpaw/si.gpw", 4, False, 0.601, ()),
    ("elk/si/BAND.OUT", 4, False, 0.674, ()),
    ("elk/gaas/EIGVAL.OUT", 8, True, 0.364, ((0, 20),)),
]


@pytest.mark.parametrize(("file", "full", "spinor", "gap", "left_out"), REAL)
def test_files_of_programs(file, full, spinor, gap, left_out):
    done = convert(DATA / file, DEFAULTS)
    E = np.asarray(done.bands.E) * HARTREE_EV
    assert (done.bands.occupied, done.bands.spinor, done.left_out) == (full, spinor, left_out)
    assert E[:, full].min() - E[:, full - 1].max() == pytest.approx(gap, abs=1e-3)
    assert "Γ" in done.bands.kpoints.labels


def table(folder: Path, E: np.ndarray | None = None, k: np.ndarray = K) -> Path:
    """Write a table of zb-CdSe in its published form, without spin, or of E [hartree]."""
    if E is None:
        E = np.asarray(levels(systems.cdse(), systems.at(CDSE, k, 3.0), 8))
    kpoints = listed(CDSE, k)
    return write_bands_csv(folder / "bands.csv", Bands(kpoints, jnp.asarray(E), 4, False))


def read(file: Path, **options):
    request = Request(Hints(CDSE), occupied=4)
    return convert(file, replace(request, **options))


def with_shells(E: np.ndarray, middle: float, width: float = 0.005) -> np.ndarray:
    """Return the levels with five flat bands about `middle`, in ascending order."""
    flat = middle + width * np.linspace(-1, 1, 5) * np.ones((len(E), 1))
    return np.sort(np.concatenate([E, flat], axis=1), axis=1)


def test_closed_shells_below_and_between_bands_are_left_out(tmp_path):
    plain = read(table(tmp_path))
    E = np.asarray(plain.bands.E)
    for middle in (E.min() - 0.2, (E[:, 0].max() + E[:, 1].min()) / 2):
        done = read(table(tmp_path, with_shells(E, middle)), occupied=9)
        assert done.left_out == (((0, 5),) if middle < E.min() else ((1, 6),))
        assert np.abs(np.asarray(done.bands.E) - E).max() < 1e-9


def test_shells_among_the_valence_bands_are_not_guessed(tmp_path):
    E = np.asarray(read(table(tmp_path)).bands.E)
    file = table(tmp_path, with_shells(E, E[:, 2].mean()))
    with pytest.raises(InputError, match="it is not clear which"):
        read(file, occupied=9)
    done = read(file, occupied=9, leave_out=((2, 7),))
    assert done.left_out == ((2, 7),)
    assert done.bands.E.shape[1] == 8


def test_scissor_and_valence_top(tmp_path):
    plain, moved = (
        np.asarray(read(table(tmp_path), **options).bands.E)
        for options in ({}, {"scissor": 0.02, "top": -0.2})
    )
    up = -0.2 - plain[:, :4].max()
    assert np.allclose(moved[:, :4], plain[:, :4] + up, atol=1e-12)
    assert np.allclose(moved[:, 4:], plain[:, 4:] + up + 0.02, atol=1e-12)


def test_levels_listed_twice_are_kept_once(tmp_path):
    E = np.asarray(read(table(tmp_path)).bands.E)
    file = table(tmp_path, np.repeat(E, 2, axis=1))
    with pytest.raises(InputError, match="one electron or two"):
        read(file, occupied=None)
    once = read(file, spinor=False, occupied=8)
    assert np.abs(np.asarray(once.bands.E) - E).max() < 1e-9
    assert any("twice" in note for note in once.notes)


def test_kramers_pairs_are_detected(tmp_path):
    potential = systems.everything(("Cd", "Se"))
    E = np.asarray(levels(potential, systems.at(CDSE, K, 3.0), 16))
    done = read(table(tmp_path, E), occupied=8)
    assert done.bands.spinor
    with pytest.raises(InputError, match="are Kramers pairs"):
        read(table(tmp_path, E), spinor=False)
    with pytest.raises(InputError, match="not Kramers pairs"):
        read(table(tmp_path), spinor=True)


def test_pairs_at_x_of_silicon_prove_nothing(tmp_path):
    silicon = systems.zincblende("Si", "Si", 10.26)
    k = np.array([[0.5, 0, 0.5], [0.3, 0.1, 0.2]])
    found = ReferenceBands(
        tmp_path / "si.csv", k, np.array([[-0.2] * 2 + [0.1] * 2, [-0.3, -0.2, 0, 0.1]])
    )
    with pytest.raises(InputError, match="one electron or two"):
        spinor_of(found, Request(Hints(silicon)))


def test_an_outlier_is_reported(tmp_path):
    k = np.asarray(path(CDSE, (("Γ", "X"),), 30).fractional)
    E = np.array(levels(systems.cdse(), systems.at(CDSE, k, 3.0), 8))
    assert read(table(tmp_path, E, k)).odd == ()
    E[12, 0] -= 0.05
    assert read(table(tmp_path, E, k)).odd == (12,)
    shells = with_shells(E, E.min() - 0.2)
    assert read(table(tmp_path, shells, k), occupied=9).odd == (12,)


def test_a_k_point_listed_twice_in_a_row_is_kept_once(tmp_path):
    k = np.insert(K, 5, K[5], axis=0)
    done = read(table(tmp_path, k=k))
    assert len(done.bands.kpoints) == len(K)
    assert any("listed twice" in note for note in done.notes)


def asymmetric(E: np.ndarray) -> np.ndarray:
    """Shift all levels of the last k-point, which is equivalent to another one."""
    E[-1] += 0.01
    return E


def discontinuous(E: np.ndarray) -> np.ndarray:
    """Shift one level of a k-point that is listed twice."""
    E[5, 0] += 0.001
    return E


WRONG = {
    "symmetric": ({"change": asymmetric}, "are equivalent, but levels differ by 0.272 eV"),
    "twice": ({"again": 5, "change": discontinuous}, "is listed twice in a row"),
    "full": ({"occupied": 9}, "9 levels cannot be full, the file has 8"),
    "unknown": ({"occupied": None}, "does not say how many levels are full"),
    "few": ({"occupied": 3}, "3 levels are full, but 8 electrons fill 4"),
    "structure": ({"hints": Hints()}, "has no structure"),
    "odd": ({"electrons": 7}, "7 electrons do not fill"),
    "electrons for levels": ({"occupied": 8}, "it is not clear which"),
    "fewer than full": ({"bands": 3}, "give 4 or more"),
    "no shells": ({"leave_out": ((0, 1),)}, "has no closed shells"),
    "too many left out": ({"occupied": 5, "leave_out": ((0, 2),)}, "it is not clear which"),
}


@pytest.mark.parametrize("name", WRONG)
def test_ambiguous_or_inconsistent_bands_are_refused(name, tmp_path):
    options, message = dict(WRONG[name][0]), WRONG[name][1]
    change, again = options.pop("change", None), options.pop("again", None)
    k = K if again is None else np.insert(K, again, K[again], axis=0)
    E = np.array(levels(systems.cdse(), systems.at(CDSE, k, 3.0), 8))
    file = table(tmp_path, E if change is None else change(E), k)
    with pytest.raises(InputError) as error:
        read(file, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
