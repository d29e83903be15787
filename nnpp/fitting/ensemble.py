"""Ensembles: fits that differ by the samples they use, or by the parameters they start from.

All members are trained together by Levenberg-Marquardt, whichever method the fit used: one
vmap over states and weights. For the eigensolver a member is some more k-points (batched.py
in observables), so that memory holds no more Hamiltonians at a time than for one fit; masses
and deformation potentials are computed for all members at once.

B. Efron, Ann. Stat. 7, 1 (1979), doi:10.1214/aos/1176344552 (the bootstrap).
"""

from collections.abc import Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.devices.processes import synchronized
from nnpp.errors import InputError, NnppError
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt, Step
from nnpp.fitting.method import require_finite
from nnpp.fitting.objective import Objective, SampledSource, Source, Theta
from nnpp.pytree import pytree, static

Counts = tuple[Float[Array, "..."] | None, ...]
"""For each source how often each of its samples counts; None for a source without samples."""

SHARE, MOST = 5, 20
"""A member takes a fifth of the steps of the fit, and at most 20."""

SETTLED = 1e-4
"""Relative decrease of the loss below which a member has converged: far below any spread."""


@pytree
class Plan:
    """The members of an ensemble.

    Attributes:
        counts: how often each member counts each sample of each source.
        theta: where they start, one for all or one for each.
        steps: largest number of steps of each.
    """

    counts: Counts
    theta: Float[Array, "*member parameter"]
    steps: int = static()


def bootstrap(
    objective: Objective, theta: Theta, keys: Key[Array, " member"], taken: int
) -> Plan:
    """Return members that start from the fitted θ with samples drawn with replacement.

    From each source as many samples are drawn as have a weight; held-out ones stay held out.
    The members share their first evaluation. Each takes a fifth of the `taken` steps of the
    fit (at least 1, at most 20): eight members cost 8/5 of a fit.
    """
    counts = jax.jit(jax.vmap(lambda key: _bootstrap(objective, key)))(keys)
    return Plan(counts, theta, steps_per_member(taken))


def require_samples(objective: Objective) -> None:
    """Raise an InputError unless a source has two samples to draw from."""
    sampled = [s.weighted() for s in objective.sources if isinstance(s, SampledSource)]
    if not any(np.count_nonzero(weighted) > 1 for weighted in sampled if weighted is not None):
        raise InputError("there are no two k-points to draw from", "use `--by seeds`")


def train_members(objective: Objective, plan: Plan) -> Iterator[Step]:
    """Yield the states of all members after each step, until all have converged."""
    states = synchronized(_started(objective, plan.counts, synchronized(plan.theta)))
    _require_finite(objective, plan.counts, states)
    for _ in range(plan.steps):
        before = losses(states)
        states = synchronized(_advanced(objective, plan.counts, states))
        _require_finite(objective, plan.counts, states)
        yield states
        if bool(jnp.all(states.accepted & (before - losses(states) <= SETTLED * before))):
            return


def reweighted(objective: Objective, counts: Counts) -> Objective:
    """Return the objective of one member: every sample counted as often as given."""
    pairs = zip(objective.sources, counts, strict=True)
    return replace(objective, sources=tuple(_reweighted(source, n) for source, n in pairs))


def losses(states: Step) -> Float[Array, " member"]:
    """Return the loss of each member [hartree²]."""
    return jax.vmap(lambda state: state.lowest)(states)


def steps_per_member(taken: int) -> int:
    """Return the number of steps of a member, from that of the fit."""
    return min(MOST, max(1, taken // SHARE))


def mean_and_spread(
    x: Float[Array, "member ..."],
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Return mean and standard deviation over members, √[Σ(x − x̄)²/(n − 1)]."""
    return jnp.mean(x, axis=0), jnp.std(x, axis=0, ddof=1)


def _bootstrap(objective: Objective, key: Key[Array, ""]) -> Counts:
    """Return one draw for each source."""
    keys = jax.random.split(key, len(objective.sources))
    return tuple(_draw(s, key) for s, key in zip(objective.sources, keys, strict=True))


def _draw(source: Source, key: Key[Array, ""]) -> Float[Array, " sample"] | None:
    """Return how often each sample was drawn."""
    weighted = source.weighted() if isinstance(source, SampledSource) else None
    if weighted is None:
        return None
    candidates = np.flatnonzero(weighted)
    drawn = jax.random.choice(key, jnp.asarray(candidates), (len(candidates),))
    return jnp.zeros(len(weighted)).at[drawn].add(1.0)


def _reweighted(source: Source, n: Float[Array, " sample"] | None) -> Source:
    """Return one source with its samples counted as often as given."""
    if n is None:
        return source
    assert isinstance(source, SampledSource), "only sources with samples have counts"
    return source.reweighted(n)


@jit_blocking
def _started(
    objective: Objective, counts: Counts, theta: Float[Array, "*member parameter"]
) -> Step:
    """Return all members before their first step."""

    def start(counts: Counts, theta: Theta) -> Step:
        return LevenbergMarquardt().start(reweighted(objective, counts), theta)

    return jax.vmap(start, (0, 0 if theta.ndim > 1 else None))(counts, theta)


@jit_blocking
def _advanced(objective: Objective, counts: Counts, states: Step) -> Step:
    """Return all members after one more trial."""

    def advance(counts: Counts, state: Step) -> Step:
        return LevenbergMarquardt().advance(reweighted(objective, counts), state)

    return jax.vmap(advance)(counts, states)


def _require_finite(objective: Objective, counts: Counts, states: Step) -> None:
    """Raise an NnppError if a number of a member is NaN or infinite, naming the member."""
    if all(bool(jnp.all(jnp.isfinite(x))) for x in jax.tree.leaves(states)):
        return
    for member in range(len(states.best)):
        n, state = jax.tree.map(lambda x, m=member: x[m], (counts, states))
        try:
            require_finite(reweighted(objective, n), state)
        except NnppError as error:
            raise NnppError(f"member {member + 1} of the ensemble: {error}") from error
