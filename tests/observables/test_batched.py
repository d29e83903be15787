"""Systems of equal shapes are solved by one program, however many k-points each has."""

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.bands import levels
from nnpp.observables.batched import LevelRequest, solve_by_shape
from nnpp.observables.slopes import levels_and_slopes
from nnpp.potentials.potential import Potential, Strengths
from nnpp.structures.kpoints import listed
from tests import systems

POTENTIAL = Potential(
    systems.zunger("Cd", "Se"), Strengths(s_wave=jnp.full((2, 2), 0.1)), ("Cd", "Se")
)


def asked(scale, fractional):
    """zb-CdSe in other lattice constants, cut off so that plane waves stay the same."""
    structure = systems.zincblende(a=scale * systems.A_CDSE)
    built = system(structure, listed(structure, fractional), 1.5 / scale**2, PER_K)
    return LevelRequest(at_shells(POTENTIAL, built), built, 5, systems.SOLVERS["dense"])


def test_volumes_with_other_k_points_share_a_row():
    k = [[0.5, 0, 0.5], [0.2, 0.1, 0], [0.1, 0, 0]]
    many, other = [asked(1.0, k), asked(1.01, [*k, k[1]])], asked(1.0, k[:1])._replace(n=6)
    rows = []

    def row(numbers, systems, n, solve):
        rows.append([len(s.waves.K) for s in systems])
        return tuple(systems)

    assert len(solve_by_shape(row, [*many, other])) == 3
    assert rows == [[3, 4], [1]]
    for one, (E, slopes) in zip(many, levels_and_slopes(many), strict=True):
        alone = levels(POTENTIAL, one.system, 5, one.solve)
        assert E.shape == alone.shape
        assert float(np.abs(E - alone).max()) < 1e-12
        assert slopes.v.shape[:2] == E.shape
        ((_, slopes_alone),) = levels_and_slopes([one])
        assert float(np.abs(slopes_alone.v.sum(axis=1) - slopes.v.sum(axis=1)).max()) < 1e-11
