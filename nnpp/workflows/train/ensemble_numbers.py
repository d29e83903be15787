"""What the members of an ensemble tell: levels, gaps, errors and curves, mean ± spread."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.fitting.ensemble import losses, mean_and_spread
from nnpp.fitting.levenberg_marquardt import Step
from nnpp.fitting.method import Theta, measure
from nnpp.fitting.objective import Objective
from nnpp.fitting.targets.levels import bands_among
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.formats.ensemble import Curves, Levels, StoredEnsemble
from nnpp.formats.model import named
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.real_space import real_space
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import Q, R
from nnpp.workflows.train.run import Run

PLACES = 6
"""Decimals of the numbers told."""


def collected(run: Run, theta: Theta, states: Step) -> StoredEnsemble:
    """All that is kept of the members, beside the potential that was fitted, at θ."""
    objective, fitted = run.objective, measure(run.objective, theta)
    potentials = jax.vmap(objective.parameters.put)(states.best)
    levels, numbers = {}, {}
    for source, E, own in zip(objective.sources, states.measured.y, fitted.y, strict=True):
        if isinstance(source, Spectrum):
            levels[source.name] = _levels(source, E, own)
            numbers[source.name] = _numbers(source, E, levels[source.name])
    about = {
        "species": list(objective.parameters.model.species),
        "loss_ev2": _both(losses(states) * HARTREE_EV**2),
        "systems": numbers,
    }
    kept = {name: np.asarray(x) for name, x in named(potentials).items()}
    return StoredEnsemble(about, levels, _curves(objective, states.best), kept)


def _levels(
    spectrum: Spectrum, E: Float[Array, "member k level"], fitted: Float[Array, "k level"]
) -> Levels:
    """Levels of one system."""
    mean, spread = mean_and_spread(jax.vmap(spectrum.aligned)(E))
    k = spectrum.kpoints.fractional
    return Levels(*map(np.asarray, (k, fitted, E, mean, spread)))


def _numbers(
    spectrum: Spectrum, E: Float[Array, "member k level"], levels: Levels
) -> dict[str, Any]:
    """What is told of one system [eV, meV]."""
    spread = levels.spread * HARTREE_EV * 1e3
    mean, largest = (round(float(x), PLACES) for x in (spread.mean(), spread.max()))
    fitted, held = (_rms_mev(spectrum, E, t) for t in (spectrum.targets, spectrum.held))
    return {
        **_edges(spectrum, jax.vmap(spectrum.aligned)(E)),
        "spread_mev": {"mean": mean, "largest": largest},
        "rmse_mev": fitted,
        "holdout_rmse_mev": held,
    }


def _edges(spectrum: Spectrum, E: Float[Array, "member k level"]) -> dict[str, Any]:
    """Gap and band edges, from the zero of energy of the reference [eV]."""
    v = spectrum.occupied
    if not 0 < v < E.shape[2]:
        return dict.fromkeys(("gap_ev", "vbm_ev", "cbm_ev"))
    vbm, cbm = jnp.max(E[:, :, v - 1], axis=1), jnp.min(E[:, :, v], axis=1)
    edges = {"gap_ev": cbm - vbm, "vbm_ev": vbm, "cbm_ev": cbm}
    return {name: _both(x * HARTREE_EV) for name, x in edges.items()}


def _rms_mev(
    spectrum: Spectrum, E: Float[Array, "member k level"], targets: tuple
) -> dict[str, float] | None:
    """Error over all bands and the k-points that weigh anything [meV]; None without any."""
    target = bands_among(targets)
    if target is None:
        return None

    def error(E: Float[Array, "k level"]) -> Float[Array, "k band"]:
        return target.error(spectrum.bands(E))

    rms = jnp.sqrt(jnp.mean(jax.vmap(error)(E)[:, target.seen] ** 2, axis=(1, 2)))
    return _both(rms * HARTREE_EV * 1e3)


def _both(x: Float[Array, " member"]) -> dict[str, float]:
    """Mean and spread of one number."""
    mean, spread = (round(float(y), PLACES) for y in mean_and_spread(x))
    return {"mean": mean, "spread": spread}


def _curves(objective: Objective, theta: Float[Array, "member parameter"]) -> Curves | None:
    """v(q) and v(r) of all members where they are drawn; None for a table."""
    parameters = objective.parameters
    if parameters.model.local.lengths is not None:
        return None

    def v_q(v: FormFactors) -> Float[Array, "q species"]:
        return v(jnp.asarray(Q))

    def v_r(v: FormFactors) -> Float[Array, "r species"]:
        return real_space(v, jnp.asarray(R))

    parts: list[Any] = []
    for x, curve in ((Q, v_q), (R, v_r)):
        of_all = jax.vmap(lambda t, curve=curve: curve(parameters.put(t).local))(theta)
        parts += [x, of_all, *mean_and_spread(of_all)]
    return Curves(*map(np.asarray, parts))
