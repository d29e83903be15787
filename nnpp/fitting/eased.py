"""An objective at ease: levels count alike, priors wait; where a fit finds its valley.

Levels are matched by their order, so that two which should cross attract a fit that has them
the wrong way round. Weighted evenly, all of them pull it past such places.
"""

from dataclasses import replace

import jax.numpy as jnp

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
            targets, held = (tuple(map(_even, t)) for t in (source.targets, source.held))
            return replace(source, targets=targets, held=held)
        case _:
            return source


def _even(target: Target) -> Target:
    """Bands whose levels have their mean weight; those of no weight still have none."""
    if not isinstance(target, BandsTarget):
        return target
    counts = target.weights > 0
    mean = jnp.sum(target.weights) / jnp.maximum(jnp.sum(counts), 1)
    return replace(target, weights=jnp.where(counts, mean, 0.0))
