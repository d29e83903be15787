"""A fit in which the solver missed a level raises an error."""

from dataclasses import replace

import jax.numpy as jnp
import pytest

from nnpp.errors import InputError
from nnpp.fitting.method import measure
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.workflows.train.outputs import refuse_missed_levels
from tests import systems


def test_missed_levels_of_a_fit_are_refused():
    structure = systems.zincblende()
    at, k = systems.at(structure, systems.GENERIC_K, 3.0), systems.GENERIC_K
    spectrum = Spectrum(at, systems.listed(structure, k), (), (), "zb", 9, 4, False)
    objective = Objective(Parameters(systems.cdse(), ("local",)), (spectrum,))
    theta = objective.parameters.start()
    measured = measure(objective, theta)
    refuse_missed_levels(objective, theta, measured)
    one_less = replace(measured, y=(jnp.delete(measured.y[0], 2, axis=1),))
    with pytest.raises(InputError, match="solver: dense"):
        refuse_missed_levels(objective, theta, one_less)
    lost_at_one = measured.y[0].at[1].set(measured.y[0][1] + 0.1)
    one_less = replace(measured, y=(lost_at_one,))
    refuse_missed_levels(objective, theta, one_less, turn=len(k))
    with pytest.raises(InputError, match="k-point 2"):
        refuse_missed_levels(objective, theta, one_less, turn=len(k) + 1)
