"""A supercell at Γ has the levels of the primitive cell at every k that folds onto it."""

import jax.numpy as jnp
import numpy as np

from nnpp.crystal.crystal import crystal
from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense
from nnpp.observables.bands import levels
from tests import systems

CUTOFF, OCCUPIED = 4.0, 16


def test_without_a_matrix_as_in_the_primitive_cell(monkeypatch):
    """Eight atoms of zb-CdSe; H acts by Fourier transforms alone."""
    monkeypatch.setattr("nnpp.eigensolvers.davidson.ASSEMBLED_UP_TO", 0)
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    structure = crystal(
        np.eye(3) * systems.A_CDSE, np.concatenate([corners, corners + 0.25]),
        ("Cd",) * 4 + ("Se",) * 4,
    )  # fmt: skip
    supercell = systems.at(structure, [0.0, 0.0, 0.0], CUTOFF)
    found = levels(systems.cdse(), supercell, OCCUPIED + 4, davidson)[0]
    folded = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    primitive = systems.at(systems.zincblende(), folded, CUTOFF)
    every = levels(systems.cdse(), primitive, 12, dense).ravel()
    assert float(jnp.abs(found - jnp.sort(every)[: OCCUPIED + 4]).max()) < 1e-10
