"""NaN and infinity stop a fit, and the line names where they came from."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import NnppError
from nnpp.fitting.annealing import MODES, Annealing
from nnpp.fitting.gradient import by_name
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.method import require_finite
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import prior, size
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.observables.comparison import Absolute
from tests import systems
from tests.fitting.samples import GENERIC, Formula, holding, of_formula, rosenbrock, spectrum

METHODS = {"lm": LevenbergMarquardt(), "adam": by_name("adam", 1e-3, {})}
METHODS["annealing"] = Annealing(0.1, 1.0, MODES[1])


def objective(reference=0.0, weights=1.0, held=1.0, rough=1.0):
    """A spectrum of two k-points, one held out, and a prior; each part can be spoilt."""
    potential = systems.cdse()

    def target(seen, spoilt):
        w = jnp.tile(jnp.asarray(seen)[:, None], (1, 8))
        w = w.at[int(seen[1]), 3].multiply(spoilt)
        E = jnp.zeros((2, 8)).at[int(seen[1]), 2].set(reference)
        return BandsTarget(E, w, Absolute(), False)

    source = spectrum(
        potential,
        [[0, 0, 0], GENERIC],
        targets=[target([1.0, 0.0], weights)],
        held=[target([0.0, 1.0], held)],
    )
    return Objective(
        Parameters(potential, ("local",)),
        (source, prior("prior on size", size, rough, jnp.linspace(0, 5, 9), potential.local)),
    )


def refusal(method, message, theta=None):
    """The line about the state before the first step."""
    theta = message.parameters.start() if theta is None else theta
    state = METHODS[method].start(message, theta, jax.random.key(0))
    with pytest.raises(NnppError) as error:
        require_finite(message, state)
    assert "\n" not in str(error.value)
    assert "nothing of this step is saved" in str(error.value)
    return str(error.value)


SPOILT = [
    ({"reference": np.nan}, "zb: the loss is nan"),
    ({"reference": np.inf}, "zb: the loss is inf"),
    ({"weights": np.nan}, "zb: the loss is nan"),
    ({"weights": -1.0}, "zb: the loss is nan"),
    ({"held": np.nan}, "zb: the held-out loss is nan"),
    ({"rough": np.nan}, "prior on size: the loss is nan"),
    ({"rough": np.inf}, "prior on size: "),
]


@pytest.mark.parametrize(("spoil", "message"), SPOILT)
def test_a_spoilt_number_is_reported_by_its_source(spoil, message):
    assert refusal("lm", objective(**spoil)).startswith(message)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_watched(method):
    assert refusal(method, objective(held=np.nan)).startswith("zb: the held-out loss is nan")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_spoilt_parameter(wrong):
    """The first source that meets it is named."""
    sound = objective()
    theta = sound.parameters.start().at[1].set(wrong)
    assert refusal("lm", sound, theta).startswith("zb: the loss is")


def test_sound_states_pass():
    for method in METHODS.values():
        sound = of_formula(rosenbrock, [-1.2, 1.0])
        state = method.start(sound, sound.parameters.start(), jax.random.key(0))
        require_finite(sound, method.advance(sound, state))
    whole = objective()
    require_finite(whole, LevenbergMarquardt().start(whole, whole.parameters.start()))


def test_a_derivative_that_is_not_finite_is_reported_though_the_loss_is():
    corner = Objective(
        Parameters(holding([0.0, 1.0]), ("local",)),
        (Formula(rosenbrock), Formula(lambda x: jnp.sqrt(x[:1]), name="root")),
    )
    assert refusal("lm", corner).startswith("root: its derivatives are not finite")


def test_a_step_that_is_not_finite_is_reported_though_all_sources_are_sound():
    sound = of_formula(rosenbrock, [-1.2, 1.0])
    state = METHODS["adam"].start(sound, sound.parameters.start())
    with pytest.raises(NnppError, match="the step proposed by the method is not finite"):
        require_finite(sound, replace(state, theta=state.theta * jnp.nan))
