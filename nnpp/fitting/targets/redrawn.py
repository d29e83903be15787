"""Networks with new random weights that learn v(q) at shells: min Σ_q |v_s(q; θ) − v_s(q)|².

Between those lengths, and beyond them, each network keeps its random start: members of an
ensemble differ where no level depends on v.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.errors import InputError
from nnpp.fitting.ensemble import Plan, steps_per_member
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt, Step
from nnpp.fitting.objective import Objective, Theta
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import FormTarget
from nnpp.fitting.targets.quantity import Quantity
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.hamiltonian.bulk import System
from nnpp.potentials.potential import Potential

STEPS, GOAL = 40, 1e-3
"""Largest number of steps, and mean deviation at which a form is learned [hartree·bohr³]."""


def redrawn_networks(
    objective: Objective, theta: Theta, keys: Key[Array, " member"], taken: int
) -> Plan:
    """Return an ensemble of networks with new weights but the fitted v(q) at all shells.

    Each has a first evaluation of its own, so it takes one step less than in a bootstrap, but
    at least one.
    """
    systems = [s.system for s in objective.sources if isinstance(s, Spectrum | Quantity)]
    shells = jnp.concatenate([s.q for s in systems if isinstance(s, System)])
    starts = redrawn(objective.parameters, theta, shells, keys)
    return Plan((None,) * len(objective.sources), starts, max(1, steps_per_member(taken) - 1))


def require_network(objective: Objective) -> None:
    """Raise an InputError unless a network is trained."""
    parameters = objective.parameters
    if not parameters.model.local.is_random or "local" not in parameters.train:
        raise InputError(
            "no network is trained that could be drawn again", "use `--by kpoints`"
        )


def redrawn(
    parameters: Parameters,
    theta: Theta,
    q: Float[Array, " q"],
    keys: Key[Array, " member"],
) -> Float[Array, "member parameter"]:
    """Return θ of networks with other weights but the same v at the lengths q [bohr⁻¹]."""
    fitted = parameters.put(theta)
    objective, states = _started(fitted, q, keys)
    goal, steps = GOAL**2 * len(q) * len(fitted.species), 0
    while steps < STEPS and bool(jnp.any(jnp.sum(states.measured.losses, axis=-1) > goal)):
        states, steps = _advanced(objective, states), steps + 1
    return _all_parameters(replace(parameters, model=fitted), states.best)


@jit_blocking
def _started(
    fitted: Potential, q: Float[Array, " q"], keys: Key[Array, " member"]
) -> tuple[Objective, Step]:
    """Return the objective, and the state of every network before its first step."""
    form = FormTarget(q, fitted.local(q), jnp.ones(len(q)))
    objective = Objective(Parameters(fitted, ("local",)), (form,))

    def start(key: Key[Array, ""]) -> Step:
        theta = Parameters(_with_new_weights(fitted, key), ("local",)).start()
        return LevenbergMarquardt().start(objective, theta)

    return objective, jax.vmap(start)(keys)


@jit_blocking
def _advanced(objective: Objective, states: Step) -> Step:
    """Return the state of every network after one more step."""
    return jax.vmap(lambda state: LevenbergMarquardt().advance(objective, state))(states)


@jax.jit
def _all_parameters(
    parameters: Parameters, learned: Float[Array, "member weight"]
) -> Float[Array, "member parameter"]:
    """Return θ of potentials with these networks; all other parts stay."""
    local = Parameters(parameters.model, ("local",))

    def theta(weights: Float[Array, " weight"]) -> Theta:
        return replace(parameters, model=local.put(weights)).start()

    return jax.vmap(theta)(learned)


def _with_new_weights(potential: Potential, key: Key[Array, ""]) -> Potential:
    """Return the potential with new random weights in its network."""
    local = potential.local.redraw(key)
    assert local is not None, "checked by require_network"
    return replace(potential, local=local)
