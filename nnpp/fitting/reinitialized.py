"""Networks drawn anew that learn v(q) at a few lengths: min Σ_q |v_s(q; θ) − v_s(q)|².

Between those lengths, and beyond them, each is as it was drawn.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt, Step
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.form import FormTarget
from nnpp.potentials.neural import Neural, neural
from nnpp.potentials.potential import Potential

STEPS, GOAL = 40, 1e-3
"""Most steps, and the mean deviation [hartree·bohr³] at which a form is learned."""


def reinitialized(
    parameters: Parameters,
    theta: Theta,
    q: Float[Array, " q"],
    keys: Key[Array, " member"],
) -> Float[Array, "member parameter"]:
    """θ of networks with other weights but the same v at the lengths q [bohr⁻¹]."""
    fitted = parameters.put(theta)
    objective, states = _started(fitted, q, keys)
    goal, steps = GOAL**2 * len(q) * len(fitted.species), 0
    while steps < STEPS and bool(jnp.any(jnp.sum(states.measured.losses, axis=-1) > goal)):
        states, steps = _advanced(objective, states), steps + 1
    return _whole(replace(parameters, potential=fitted), states.best)


@jit_blocking
def _started(
    fitted: Potential, q: Float[Array, " q"], keys: Key[Array, " member"]
) -> tuple[Objective, Step]:
    """What is to be learned, and all networks before their first step."""
    form = FormTarget(q, fitted.local(q), jnp.ones(len(q)))
    objective = Objective(Parameters(fitted, ("local",)), (form,))

    def start(key: Key[Array, ""]) -> Step:
        theta = Parameters(_drawn(fitted, key), ("local",)).start()
        return LevenbergMarquardt().start(objective, theta)

    return objective, jax.vmap(start)(keys)


@jit_blocking
def _advanced(objective: Objective, states: Step) -> Step:
    """All networks after one more step."""
    return jax.vmap(lambda state: LevenbergMarquardt().advance(objective, state))(states)


@jax.jit
def _whole(
    parameters: Parameters, learned: Float[Array, "member weight"]
) -> Float[Array, "member parameter"]:
    """θ of potentials with these networks, and all else as it is."""
    local = Parameters(parameters.potential, ("local",))

    def theta(weights: Float[Array, " weight"]) -> Theta:
        return replace(parameters, potential=local.put(weights)).start()

    return jax.vmap(theta)(learned)


def _drawn(potential: Potential, key: Key[Array, ""]) -> Potential:
    """The same potential with other weights in its network."""
    local = potential.local
    assert isinstance(local, Neural), "only networks are drawn"
    weights = neural(local.network, local.envelope, None, key).weights
    return replace(potential, local=replace(local, weights=weights))
