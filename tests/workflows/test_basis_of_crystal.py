"""A crystal is computed with the plane waves of the fitted system of its composition."""

import jax.numpy as jnp
import numpy as np
import pytest
from ase.io import write

from nnpp.basis.rules import RULES
from nnpp.config.inputs import read_inputs
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.model import Model, read_model, write_model
from nnpp.formats.structures import read_structure
from nnpp.observables.bands import Bands, levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.setup.prepare import prepare
from nnpp.structures.alloys import superlattice
from nnpp.structures.kpoints import listed
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import Solved
from nnpp.workflows.card.card import _basis
from nnpp.workflows.fits.basis import basis_of
from nnpp.workflows.fits.provenance import about_model
from nnpp.workflows.fits.read import read_structure_by
from nnpp.workflows.load import load
from tests import systems
from tests.cli.samples import TINY, write_tiny
from tests.workflows.test_load import atoms_of

A = {"CdSe": 11.4485278, "CdSe-small": 11.2, "PbSe": 11.9}

CRYSTALS = {name: systems.zincblende(name[:2], "Se", a) for name, a in A.items()}

CUTOFFS = {"CdSe": 2.0, "CdSe-small": 2.2, "PbSe": 2.4}

BASES = [
    {
        "name": name,
        "formula": name[:4],
        "volume_per_atom_bohr3": A[name] ** 3 / 8,
        "cutoff_hartree": CUTOFFS[name],
        "plane_waves": "smooth",
    }
    for name in A
]

POTENTIAL = Potential(systems.zunger("Cd", "Se", "Pb"), Strengths(), ("Cd", "Se", "Pb"))


def stored(folder, bases):
    """A model fitted with these bases."""
    write_model(folder / "potential", POTENTIAL, {"systems": bases})
    return read_model(folder)


def chosen(model: Model, crystal, cutoff=None):
    return basis_of(model, lambda: crystal, cutoff)


def test_every_fitted_structure_has_the_levels_of_its_system(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored(tmp_path / "run", BASES)
    for name in ("CdSe", "PbSe"):
        file = tmp_path / f"{name}.vasp"
        write(file, atoms_of(CRYSTALS[name]), direct=True)
        options = Choices(path="L Γ", points=2)
        fit = read_structure_by([tmp_path / "run"], file, options)
        assert fit.notes == (f"cutoff {CUTOFFS[name]:g} hartree of {name}",)
        (done,) = [
            e for e in run_bands([fit], tmp_path / "out", options) if isinstance(e, Solved)
        ]
        k = np.asarray(done.bands.kpoints.fractional)
        at = systems.at(read_structure(file), k, CUTOFFS[name], rule=RULES["smooth"])
        exact = np.asarray(levels(POTENTIAL, at, done.bands.E.shape[1]))
        assert np.abs(np.asarray(done.bands.E) - exact).max() < 1e-9
        loaded = load(tmp_path / "run").bands(file, k, n=exact.shape[1]).E
        assert np.abs(np.asarray(loaded) - exact).max() < 1e-9


def test_the_closest_volume_decides_among_systems_of_one_composition(tmp_path):
    stored(tmp_path, BASES)
    fitted = load(tmp_path)
    for a, name in ((11.5, "CdSe"), (11.3, "CdSe-small"), (11.0, "CdSe-small")):
        found = fitted.basis(systems.zincblende(a=a))
        assert (found.cutoff, found.note[-len(name) :]) == (CUTOFFS[name], name)


def test_another_cutoff_is_taken_without_a_note(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = stored(tmp_path / "run", BASES)
    write(tmp_path / "zb.vasp", atoms_of(CRYSTALS["PbSe"]), direct=True)
    fit = read_structure_by(
        [tmp_path / "run"], tmp_path / "zb.vasp", Choices(cutoff="3 hartree")
    )
    assert (fit.notes, fit.spec.systems[0].cutoff) == ((), 3.0)
    found = chosen(model, CRYSTALS["PbSe"], 3.0)
    assert (found.cutoff, found.plane_waves, found.note) == (3.0, "smooth", "")


def test_a_mixture_has_the_mean_cutoff_of_its_compounds(tmp_path):
    """A superlattice of one layer each, as in `nnpp transfer`."""
    model = stored(tmp_path, [BASES[0], BASES[2]])
    found = chosen(model, superlattice(("Cd", "Se"), ("Pb", "Se"), 11.7))
    assert found.cutoff == pytest.approx(2.2, abs=1e-9)
    assert found.note == (
        "CdPbSe2 was not fitted: cutoff 2.2 hartree, the mean of CdSe and PbSe by composition; "
        "--cutoff takes another"
    )


def test_another_compound_has_the_cutoff_of_the_nearest_composition(tmp_path):
    found = chosen(stored(tmp_path, BASES[1:]), systems.zincblende("Pb", "Pb"))
    assert found.cutoff == 2.4
    assert "Pb was not fitted: cutoff 2.4 hartree of PbSe, the nearest" in found.note
    assert "--cutoff" in found.note


def test_one_basis_is_taken_for_every_crystal(tmp_path):
    model = stored(tmp_path, [BASES[0], BASES[0] | {"name": "other", "formula": "PbSe"}])
    found = chosen(model, None)
    assert (found.cutoff, found.plane_waves, found.note) == (2.0, "smooth", "")


def test_compositions_that_are_not_stored_are_those_of_the_bands(tmp_path):
    """Without bands it is the largest cutoff, with a note."""
    short = ("name", "cutoff_hartree", "plane_waves")
    model = stored(tmp_path, [{key: one[key] for key in short} for one in BASES])
    found = chosen(model, CRYSTALS["CdSe"])
    assert (found.cutoff, "the largest of its systems" in found.note) == (2.4, True)
    for name, crystal in CRYSTALS.items():
        (tmp_path / name).mkdir()
        bands = Bands(listed(crystal, systems.GXL), jnp.zeros((3, 8)), 4, False)
        write_bands_h5(tmp_path / name / "bands.h5", bands, crystal, {})
    assert [chosen(model, c).cutoff for c in CRYSTALS.values()] == list(CUTOFFS.values())


def test_a_card_states_the_cutoff_of_every_system(tmp_path):
    more = [*BASES, BASES[2] | {"name": "PbSe-large"}]
    text = _basis(stored(tmp_path / "a", more))
    assert text == (
        "2 hartree with plane waves `smooth` for CdSe, "
        "2.2 hartree with plane waves `smooth` for CdSe-small, "
        "2.4 hartree with plane waves `smooth` for PbSe and PbSe-large"
    )
    assert _basis(stored(tmp_path / "b", BASES[:1])) == "2 hartree with plane waves `smooth`"


def test_a_fit_stores_the_compositions_of_its_systems(tmp_path):
    fit = read_inputs(write_tiny(tmp_path / "fit", TINY))
    (system,) = about_model(fit, prepare(fit), {})["systems"]
    assert system["formula"] == "CdSe"
    assert system["volume_per_atom_bohr3"] == pytest.approx(A["CdSe"] ** 3 / 8)
