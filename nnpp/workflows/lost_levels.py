"""Whether the levels of a fit that ended are the lowest ones, counted at every k-point."""

from nnpp.eigensolvers.dense import dense
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.spectrum import Spectrum
from nnpp.observables.completeness import complete


def refuse_lost_levels(objective: Objective, theta: Theta, measured: Measured) -> None:
    """Refuse a potential whose levels at some k an iterative solver did not find."""
    potential = objective.parameters.put(theta)
    for source, E in zip(objective.sources, measured.y, strict=True):
        if isinstance(source, Spectrum) and source.solve is not dense:
            complete(E, potential, source.system)
