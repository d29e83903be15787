"""Bands followed through crossings: columns carry on by overlap, not by energy."""

import jax.numpy as jnp
import numpy as np

from nnpp.errors import InputError
from nnpp.observables.bands import Bands, states
from nnpp.observables.ordering import continuous_order
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case

FARTHEST_STEP = 0.26
"""Two k-points further apart than this, in fractional coordinates, are no neighbours."""


def connected(case: Case, potential: Potential, bands: Bands) -> Bands:
    """The same levels, each column one band along the path."""
    E, psi = states(potential, case.system, bands.E.shape[1], case.solve)
    k = bands.kpoints
    still = np.flatnonzero(np.diff(np.asarray(k.distance)) == 0) + 1
    order = continuous_order(E, psi, case.system.waves, tuple(still.tolist()))
    followed = np.take_along_axis(np.asarray(E), order, axis=1)
    return Bands(k, jnp.asarray(followed), bands.occupied, bands.spinor)


def refuse_without_path(cases: list[Case]) -> None:
    """Bands can be followed only where k goes on from step to step."""
    for case in cases:
        k = np.asarray(case.kpoints.fractional)
        far = np.abs(np.diff(k, axis=0)).max(axis=1, initial=0.0) > FARTHEST_STEP
        jumps = np.diff(np.asarray(case.kpoints.distance)) == 0
        if len(k) < 2 or not any(case.kpoints.labels) or np.any(far & ~jumps):
            raise InputError(
                f"the k-points of {case.spec.name} are no path", "give a path", "--connect"
            )
