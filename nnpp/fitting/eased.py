"""An objective at ease: levels count alike, priors wait; where a fit finds its valley.

Levels are matched by their order, so that two which should cross attract a fit that has them
the wrong way round. Weighted evenly, all of them pull it past such places.
"""

from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting.objective import Objective, Source
from nnpp.fitting.spectrum import Spectrum, Target
from nnpp.fitting.targets.bands import BandsTarget
from nnpp.fitting.targets.prior import Prior


def eased(objective: Objective) -> Objective:
    """The same targets, of the same shapes."""
    return replace(objective, sources=tuple(_source(s) for s in objective.sources))


def _source(source: Source) -> Source:
    """A prior that weighs nothing; a spectrum whose levels weigh the same."""
    match source:
        case Prior():
            return replace(source, weight=jnp.zeros_like(source.weight))
        case Spectrum():
            w = [t.weights for t in source.targets + source.held if isinstance(t, BandsTarget)]
            count = sum((jnp.sum(x > 0) for x in w), start=jnp.zeros(()))
            mean = sum(map(jnp.sum, w), start=jnp.zeros(())) / jnp.maximum(count, 1)
            targets = tuple(_even(t, mean) for t in source.targets)
            held = tuple(_even(t, mean) for t in source.held)
            return replace(source, targets=targets, held=held)
        case _:
            return source


def _even(target: Target, weight: Float[Array, ""]) -> Target:
    """Bands whose levels have this weight; those of no weight still have none."""
    if not isinstance(target, BandsTarget):
        return target
    return replace(target, weights=jnp.where(target.weights > 0, weight, 0.0))
