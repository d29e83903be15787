"""Ensembles: fits that differ by the k-points they see, or by the network they began as.

All members move together, by Levenberg-Marquardt whatever method the fit was made with: one
vmap over states and weights. To the eigensolver a member is a few more k-points (together.py in
observables), so that memory holds no more Hamiltonians at a time than one fit needs; targets of
masses and deformation potentials are computed for all members at once.

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
from nnpp.fitting.finite import refuse_unsound
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt, Step
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Objective, Source
from nnpp.fitting.reinitialized import reinitialized
from nnpp.fitting.spectrum import Spectrum
from nnpp.fitting.targets.bands import BandsTarget, bands_among
from nnpp.fitting.targets.quantity import Quantity
from nnpp.hamiltonian.bulk import System
from nnpp.observables.bands import Bands
from nnpp.potentials.neural import Neural
from nnpp.pytree import pytree, static

Seen = tuple[Float[Array, "..."] | None, ...]
"""For each source how often its k-points count, None for what has no reference bands."""

SHARE, MOST = 5, 20
"""A member takes this part of the steps of the fit, and never more than so many."""

SETTLED = 1e-4
"""Relative fall of the loss below which a member has arrived: far less than spreads tell."""


@pytree
class Plan:
    """What the members of an ensemble are.

    Attributes:
        seen: how often each member counts each k-point of each source.
        theta: where they start, one for all or one for each.
        steps: most steps of each.
    """

    seen: Seen
    theta: Float[Array, "*member parameter"]
    steps: int = static()


def by_kpoints(
    objective: Objective, theta: Theta, keys: Key[Array, " member"], taken: int
) -> Plan:
    """A bootstrap: each member starts from the fitted θ and sees k-points drawn anew.

    Of each system as many are drawn, with replacement, as weigh anything; held-out ones stay
    held out. The members share their first evaluation, so that each may take a fifth of the
    steps that the fit took (at least 1, at most 20): eight cost 8/5 of a fit.
    """
    seen = jax.jit(jax.vmap(lambda key: _bootstrap(objective, key)))(keys)
    return Plan(seen, theta, affordable(taken))


def by_seeds(
    objective: Objective, theta: Theta, keys: Key[Array, " member"], taken: int
) -> Plan:
    """Networks drawn anew, taught the fitted form factors at the shells of the systems only.

    So members differ where no level looks. Each has a first evaluation of its own, and may take
    a step less than in a bootstrap (at least 1).
    """
    systems = [s.system for s in objective.sources if isinstance(s, Spectrum | Quantity)]
    shells = jnp.concatenate([s.q for s in systems if isinstance(s, System)])
    starts = reinitialized(objective.parameters, theta, shells, keys)
    return Plan(_all_alike(objective), starts, max(1, affordable(taken) - 1))


BY = {"kpoints": by_kpoints, "seeds": by_seeds}
"""What members may differ by."""


def refuse_without_kpoints(objective: Objective) -> None:
    """A bootstrap needs reference bands at two k-points."""
    if not any(len(_weighing(source)) > 1 for source in objective.sources):
        raise InputError("there are no two k-points to draw from", "use `--by seeds`")


def refuse_without_network(objective: Objective) -> None:
    """Only a network that is trained can be drawn anew."""
    parameters = objective.parameters
    if not isinstance(parameters.potential.local, Neural) or "local" not in parameters.train:
        raise InputError("no network is trained that could be drawn anew", "use `--by kpoints`")


REFUSALS = {"kpoints": refuse_without_kpoints, "seeds": refuse_without_network}
"""What each needs."""


def trained(objective: Objective, plan: Plan) -> Iterator[Step]:
    """The states of all members after each step, until they have arrived."""
    states = synchronized(_started(objective, plan.seen, synchronized(plan.theta)))
    _refuse_unsound(objective, plan.seen, states)
    for _ in range(plan.steps):
        before = losses(states)
        states = synchronized(_advanced(objective, plan.seen, states))
        _refuse_unsound(objective, plan.seen, states)
        yield states
        if bool(jnp.all(states.accepted & (before - losses(states) <= SETTLED * before))):
            return


def counted(objective: Objective, seen: Seen) -> Objective:
    """The objective with every k-point counted as often as one member sees it."""
    pairs = zip(objective.sources, seen, strict=True)
    return replace(objective, sources=tuple(_counted(source, n) for source, n in pairs))


def losses(states: Step) -> Float[Array, " member"]:
    """The loss of each member [hartree²]."""
    return jax.vmap(lambda state: state.lowest)(states)


def aligned(spectrum: Spectrum, E: Float[Array, "k level"]) -> Float[Array, "k level"]:
    """Levels from the zero of energy that the reference has [hartree]."""
    target = reference_of(spectrum)
    if target is None:
        return E
    bands = Bands(spectrum.kpoints, E, spectrum.occupied, spectrum.spinor)
    return E - target.zero(target.counted(bands))


def affordable(taken: int) -> int:
    """Steps of a member, where the fit took so many."""
    return min(MOST, max(1, taken // SHARE))


def mean_and_spread(
    x: Float[Array, "member ..."],
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Mean and standard deviation over members, √[Σ(x − x̄)²/(n − 1)]."""
    return jnp.mean(x, axis=0), jnp.std(x, axis=0, ddof=1)


def reference_of(source: Source) -> BandsTarget | None:
    """The reference bands that a source is fitted to."""
    return bands_among(source.targets) if isinstance(source, Spectrum) else None


def _all_alike(objective: Objective) -> Seen:
    """Every k-point as the fit sees it."""
    return (None,) * len(objective.sources)


def _bootstrap(objective: Objective, key: Key[Array, ""]) -> Seen:
    """One draw for each source."""
    keys = jax.random.split(key, len(objective.sources))
    return tuple(_drawn(s, key) for s, key in zip(objective.sources, keys, strict=True))


def _drawn(source: Source, key: Key[Array, ""]) -> Float[Array, " k"] | None:
    """How often each k-point was drawn."""
    target, weighing = reference_of(source), _weighing(source)
    if target is None:
        return None
    drawn = jax.random.choice(key, jnp.asarray(weighing), (len(weighing),))
    return jnp.zeros(len(target.weights)).at[drawn].add(1.0)


def _weighing(source: Source) -> np.ndarray:
    """The k-points of a source that weigh anything."""
    target = reference_of(source)
    return np.flatnonzero([] if target is None else target.seen)


def _counted(source: Source, n: Float[Array, " k"] | None) -> Source:
    """One source, with its k-points counted so often."""
    if n is None:
        return source
    assert isinstance(source, Spectrum), "only spectra have reference bands"
    targets = (
        replace(t, weights=t.weights * n[:, None]) if isinstance(t, BandsTarget) else t
        for t in source.targets
    )
    return replace(source, targets=tuple(targets))


@jit_blocking
def _started(
    objective: Objective, seen: Seen, theta: Float[Array, "*member parameter"]
) -> Step:
    """All members before their first step."""

    def start(seen: Seen, theta: Theta) -> Step:
        return LevenbergMarquardt().start(counted(objective, seen), theta)

    return jax.vmap(start, (0, 0 if theta.ndim > 1 else None))(seen, theta)


@jit_blocking
def _advanced(objective: Objective, seen: Seen, states: Step) -> Step:
    """All members after one more trial."""

    def advance(seen: Seen, state: Step) -> Step:
        return LevenbergMarquardt().advance(counted(objective, seen), state)

    return jax.vmap(advance)(seen, states)


def _refuse_unsound(objective: Objective, seen: Seen, states: Step) -> None:
    """Raise if a number of any member is NaN or infinite, naming member and source."""
    if all(bool(jnp.all(jnp.isfinite(x))) for x in jax.tree.leaves(states)):
        return
    for member in range(len(states.best)):
        n, state = jax.tree.map(lambda x, m=member: x[m], (seen, states))
        try:
            refuse_unsound(counted(objective, n), state)
        except NnppError as error:
            raise NnppError(f"member {member + 1} of the ensemble: {error}") from error
