"""Bands followed through crossings: columns carry on by overlap, not by energy."""

import jax.numpy as jnp
import numpy as np

from nnpp.observables.bands import Bands, states
from nnpp.observables.ordering import continuous_order
from nnpp.potentials.potential import Potential
from nnpp.workflows.cases import Case


def connected(case: Case, potential: Potential, bands: Bands) -> Bands:
    """The same levels, each column one band along the path."""
    E, psi = states(potential, case.system, bands.E.shape[1])
    k = bands.kpoints
    still = np.flatnonzero(np.diff(np.asarray(k.distance)) == 0) + 1
    order = continuous_order(E, psi, case.system.waves, tuple(still.tolist()))
    followed = np.take_along_axis(np.asarray(E), order, axis=1)
    return Bands(k, jnp.asarray(followed), bands.occupied, bands.spinor)
