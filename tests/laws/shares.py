"""A process that evaluates and advances one objective, and prints JSON on its last line.

`python -m tests.laws.shares COORDINATOR PROCESS PROCESSES`, or without arguments alone.
"""

import json
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices import processes
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.method import gradient
from nnpp.fitting.objective import Objective
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.observables.comparison import Absolute
from tests import systems
from tests.fitting.samples import spectrum, trained

DAMPING = 1.0
"""So much that the first trial is taken."""


def found() -> dict[str, list[float]]:
    """Levels, gradient and J at five k-points, a step, and the levels that it leads to."""
    rng, potential = np.random.default_rng(0), systems.cdse()
    reference, k = rng.normal(size=(5, 6)), rng.uniform(-0.5, 0.5, (5, 3))
    target = BandsTarget(jnp.asarray(reference), jnp.ones((5, 6)), Absolute(), False)
    parameters = trained(potential)
    objective = Objective(parameters, (spectrum(potential, k, (target,), n=6),))
    theta, method = parameters.start(), LevenbergMarquardt()
    first = processes.synchronized(method.start(objective, theta))
    first = replace(first, damping=jnp.asarray(DAMPING))
    after = processes.synchronized(method.advance(objective, first))
    measured, slope = gradient(objective, theta)
    numbers = {
        "levels": measured.y[0],
        "gradient": slope,
        "J": first.J,
        "moved": after.best - theta,
        "levels after": after.trial.y[0],
    }
    return {name: np.asarray(x).ravel().tolist() for name, x in numbers.items()}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        processes.join(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), None)
    counts = {"devices": jax.device_count(), "processes": jax.process_count()}
    sys.stdout.write("\n" + json.dumps(counts | found()) + "\n")
