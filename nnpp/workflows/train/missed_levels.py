"""Whether the levels of a fit are the lowest ones, by counting.

At every k-point when it ends; before that at one k-point of each system, another each time.
"""

import jax.numpy as jnp
import numpy as np

from nnpp.eigensolvers.dense import dense
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.spectrum import Spectrum
from nnpp.observables.completeness import complete

EVERY = 10
"""Steps from one such look to the next."""


def refuse_missed_levels(
    objective: Objective, theta: Theta, measured: Measured, turn: int | None = None
) -> None:
    """Refuse a potential whose levels an iterative solver did not find.

    At every k-point; at the `turn`-th alone, counted round and round, if one is named.
    """
    on_one = jnp.asarray(np.asarray(theta))  # what is on all devices would be counted on all
    potential = objective.parameters.put(on_one)
    for source, E in zip(objective.sources, measured.y, strict=True):
        if isinstance(source, Spectrum) and source.solve is not dense:
            solved = source.at_distinct(E)
            which = None if turn is None else [turn % len(solved)]
            complete(solved, potential, source.system, which)
