"""A two-layer network of one variable, trained through the loop of `nnpp train`.

`python -m tests.workflows.toy FOLDER [SECONDS]` prints every step; SECONDS slow each one down.
"""

import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp

from nnpp.devices.recorder import Recorder
from nnpp.fitting.gradient import by_name
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.training import Stage, Stopping, Training
from nnpp.pytree import pytree, static
from nnpp.runs.folder import RunFolder
from nnpp.workflows.train.loop import Stepped, run_training, save_steps

IDENTITY = "0" * 64
ADAM, LM = 3, 8


@pytree
class Samples:
    """Residuals f(x) − y of a network at sample points."""

    x: jax.Array
    y: jax.Array
    name: str = static(default="samples")

    def observe(self, parameters, theta):
        model = parameters.put(theta)
        hidden = jnp.tanh(jnp.outer(self.x, model["first"]["w"]) + model["first"]["b"])
        return model["scale"] * (hidden @ model["second"])

    def linear(self, parameters, theta):
        slopes = jax.jacfwd(lambda t: self.observe(parameters, t))(theta)
        return self.observe(parameters, theta), slopes

    def residuals(self, f):
        return f - self.y

    def held_out(self, f):
        return f[:0]


def toy() -> Training:
    """Return a fit of sin(3x) by a network: Adam first, then Levenberg-Marquardt."""
    first, second = jax.random.normal(jax.random.key(0), (2, 6))
    model = {
        "first": {"w": 2 * first, "b": jnp.linspace(-1, 1, 6)},
        "scale": jnp.asarray(0.5),
        "second": second,
    }
    x = jnp.linspace(-1.0, 1.0, 21)
    objective = Objective(Parameters(model, ("second", "first")), (Samples(x, jnp.sin(3 * x)),))
    adam = Stage("adam", by_name("adam", 0.05, {}), ADAM)
    return Training(objective, (adam, Stage("lm", LevenbergMarquardt(), LM)), Stopping())


def train(path: Path, seconds: float = 0.0):
    """Train, and return the last event."""
    training, folder = toy(), RunFolder(path)
    recorder = Recorder(save_steps(training, folder, IDENTITY))
    event = None
    for event in run_training("toy", training, folder, IDENTITY, recorder):
        if isinstance(event, Stepped):
            sys.stdout.write(f"{event.step}\n")
            sys.stdout.flush()
            time.sleep(seconds)
    return event


if __name__ == "__main__":
    train(Path(sys.argv[1]), *map(float, sys.argv[2:]))
