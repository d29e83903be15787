"""A supercell at Γ has the levels of the primitive cell at every k that folds onto it."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense
from nnpp.observables.bands import levels
from nnpp.structures.crystal import crystal
from tests import systems

CUTOFF, OCCUPIED = 2.5, 16


@pytest.mark.parametrize("spin", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_without_a_matrix_as_in_the_primitive_cell(spin, monkeypatch):
    """Eight atoms of zb-CdSe: Fourier transforms, and the projectors of an atom at a time."""
    potential = systems.everything() if spin else systems.cdse()
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    structure = crystal(
        np.eye(3) * systems.A_CDSE, np.concatenate([corners, corners + 0.25]),
        ("Cd",) * 4 + ("Se",) * 4,
    )  # fmt: skip
    folded = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    primitive = systems.at(systems.zincblende(), folded, CUTOFF)
    occupied = OCCUPIED * (1 + spin)
    every = levels(potential, primitive, 12 * (1 + spin), dense).ravel()
    monkeypatch.setattr("nnpp.hamiltonian.operator.ASSEMBLED_UP_TO", 0)
    monkeypatch.setattr("nnpp.hamiltonian.bulk.PROJECTORS", 1)
    supercell = systems.at(structure, [0.0, 0.0, 0.0], CUTOFF)
    found = levels(potential, supercell, occupied + 4, davidson)[0]
    assert float(jnp.abs(found - jnp.sort(every)[: occupied + 4]).max()) < 1e-10
