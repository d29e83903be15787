"""The parts of a card about its data and its potential, without a run."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from nnpp.config.systems import System
from nnpp.files.markdown import cells, plain
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.observables.bands import Bands
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.real_space import real_space
from nnpp.potentials.zunger import Zunger
from nnpp.pytree import pytree
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV
from nnpp.workflows.card.card import inputs_of, short
from nnpp.workflows.card.potential import FAR, _lengths, reference_form, served, terms_of
from nnpp.workflows.card.systems import origin_of
from tests import systems

STATED = {
    "program": "GPAW 22.8.0",
    "functional": "GLLBSC",
    "mesh": [8, 8, 8],
    "setups": "/home/somebody/gpaw/setups-0.9",
    "masses": {"electron": 0.09375725832954918},
    "inputs_sha256": {"a": "b"},
}


@pytree
class Ringing(Zunger):
    """Zunger's form under an envelope, with a ripple in q that is v(r) at 15 bohr."""

    def __call__(self, q):
        damped = jax.numpy.exp(-(q**2) / 8)[:, None]
        return damped * (super().__call__(q) + jax.numpy.cos(15.0 * q)[:, None])


def system(file, **more):
    """A system of a fit with this reference."""
    data = {"name": "zb", "structure": "zb.vasp", "cutoff": "2 hartree", "reference": file}
    return System.model_validate(data | more)


def test_a_card_prints_the_origin_that_a_reference_states(tmp_path):
    """Its provenance is printed, without the paths on the machine of its author."""
    crystal = systems.zincblende()
    bands = Bands(listed(crystal, systems.GXL), jax.numpy.zeros((3, 8)), 4, False)
    write_bands_h5(tmp_path / "b.h5", bands, crystal, STATED)
    weights = {"bands": [1, 1, 1, 20, 20, 1, 1, 1]}
    targets = [{"kind": "gap", "value": "1.74 eV"}]
    one = system(tmp_path / "b.h5", weights=weights, targets=targets)
    assert origin_of(one) == (
        "b.h5",
        "program GPAW 22.8.0",
        "functional GLLBSC",
        "mesh 8 8 8",
        "setups setups-0.9",
        "masses electron 0.0937573",
        "band weights 1 1 1 20 20 1 1 1",
        "target: gap of 1.74 eV",
    )
    shifted = system({"file": tmp_path / "b.h5", "scissor": "0.5 eV"})
    assert origin_of(shifted)[-1] == "empty levels raised by 0.5 eV"
    write_bands_h5(tmp_path / "b.h5", bands, crystal, {})
    assert origin_of(system(tmp_path / "b.h5")) == ("b.h5: origin not stated",)
    assert origin_of(system(tmp_path / "b.csv")) == ("b.csv: origin not stated",)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("reference/GaAs/bands.csv", "reference/GaAs/bands.csv"),
        ("../../../home/somebody/data/b.csv", "data/b.csv"),
        ("/home/somebody/data/b.csv", "data/b.csv"),
        ("../b.csv", "b.csv"),
    ],
)
def test_files_are_named_without_absolute_paths(name, shown):
    assert short(name) == shown
    assert f"`{shown}`" in str(inputs_of({name: "0" * 64}))


def test_v0_and_terms_are_those_of_the_potential():
    potential = systems.everything()
    table = reference_form(potential)
    assert table is not None
    printed = np.array([row[1:] for row in table.rows], float)
    assert np.abs(printed - [systems.ZUNGER[s] for s in ("Cd", "Se")]).max() < 1e-8
    assert table == reference_form(systems.cdse())
    assert reference_form(systems.table()) is None
    assert terms_of(potential.strengths) == (
        "spin-orbit",
        "non-local",
        "long-range charge",
        "strain factors",
        "s-wave",
    )
    assert terms_of(systems.cdse().strengths) == ()


def test_the_codes_that_a_potential_serves():
    assert served(systems.cspbi3()) == "nnpp, and filter-diagonalisation codes by `nnpp export`"
    assert served(systems.everything()).endswith("codes have no s-wave term")
    assert served(systems.table()).startswith("nnpp only: a table")


def test_the_limits_contain_the_largest_v_of_r_far_from_an_atom():
    """Compared with the plain transform on another grid, of a form with a ripple at 15 bohr."""
    local = systems.zunger("Cd", "Se")
    rings = Ringing(local.a)
    potential = Potential(rings, Strengths(charge=jax.numpy.zeros(2)), ("Cd", "Se"))
    text = _lengths(potential)
    v = np.abs(np.asarray(real_space(rings, jax.numpy.asarray(FAR), 30.0, 1200)))
    assert np.all(v.max(axis=0) * HARTREE_EV > 1e-3)
    for symbol, x in zip(potential.species, v.max(axis=0) * HARTREE_EV, strict=True):
        assert f"{x:.2g} eV ({symbol})" in text
    assert text.endswith("without the tail of its long-range charge.")
    assert "it has no v(r)" in _lengths(systems.table())


@given(some.text(), some.text())
def test_no_text_breaks_a_table(a, b):
    """For any name the row is one line with the same number of cells."""
    head, rule, row = cells(("x", "y"), [(plain(a), plain(b))]).split("\n")
    assert len(row) == len(head) == len(rule)
    bare = row.replace("\\\\", "").replace("\\|", "")
    assert bare.count("|") == 3
