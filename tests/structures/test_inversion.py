"""Centres of inversion: found where they are, and only there."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.observables.bands import levels
from nnpp.structures.crystal import crystal
from nnpp.structures.inversion import _inside, centred
from tests import systems

MOVED = np.array([0.137, -0.29, 0.05])


def diamond(shift=0.0):
    return crystal(systems.FCC * 10.26, systems.EIGHTH + shift, ("Si", "Si"))


def perovskite(shift=0.0):
    p = systems.perovskite()
    return crystal(p.cell, p.fractional + shift, p.symbols)


@pytest.mark.parametrize("made", [diamond, perovskite])
@pytest.mark.parametrize("shift", [0.0, MOVED])
def test_a_centre_is_found_wherever_it_is(made, shift):
    """About the origin that comes out, every atom has a partner at −x."""
    moved, found = centred(made(shift))
    x = np.asarray(moved.fractional)
    apart = -x[:, None] - x[None]
    assert found
    assert np.abs(apart - np.round(apart)).max(axis=2).min(axis=1).max() < 1e-12


def test_none_is_found_where_there_is_none():
    """Zinc blende has none; nor has diamond with an atom moved by 1e-9."""
    nearly = diamond().fractional.at[1, 0].add(1e-9)
    bent = crystal(systems.FCC, np.vstack([nearly, [0.4, 0.1, 0.2]]), ("Si", "Si", "C"))
    for structure in (systems.zincblende(), bent):
        moved, found = centred(structure)
        assert not found
        assert moved is structure


def test_coordinates_are_taken_into_the_cell_also_just_below_its_corner():
    """−1e-17 modulo 1 is 1 in rounded arithmetic, which is outside."""
    assert _inside(np.array([-1e-17, 1.25, -0.25, 3.0])).tolist() == [0, 0.25, 0.75, 0]


@systems.every_solver
def test_real_arithmetic_gives_the_levels_of_complex(solver):
    """CsPbI3 without spin, so that H is real, against the same crystal nearly centred."""
    p, potential = systems.perovskite(), systems.everything(("Pb", "I", "Cs"), spin=False)
    k = [[0.13, 0.27, -0.31], [0.0, 0.0, 0.0]]
    off = crystal(p.cell, p.fractional.at[0, 0].add(1e-11), p.symbols)
    real, nearly = (systems.at(c, k, cutoff=1.5) for c in (p, off))
    assert real.centred
    assert not nearly.centred
    E, other = (levels(potential, s, 8, systems.SOLVERS[solver]) for s in (real, nearly))
    assert float(jnp.ptp(E)) > 0.01
    assert float(jnp.abs(E - other).max()) < 1e-9
