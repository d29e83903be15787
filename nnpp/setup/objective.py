"""The objective that a fit.yaml describes: targets of systems, held-out k-points, priors."""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.config.spec import Priors
from nnpp.errors import InputError
from nnpp.fitting.objective import Objective, Source
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import Measure, curvature, prior, size
from nnpp.fitting.targets.levels import AtGammaTarget, BandsTarget, GapTarget
from nnpp.fitting.targets.spectrum import Spectrum, Target
from nnpp.observables.comparison import Level
from nnpp.observables.gaps import direct_gap_at, splitting_at
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of, zero
from nnpp.setup.dots import check_method, dot_gaps
from nnpp.setup.quantities import quantities
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import equivalent
from nnpp.units import HARTREE_EV

GRID, END = 0.025, 10.0
"""Spacing and end of the lengths of priors [bohr⁻¹]; the tail continues for the same length."""


def objective_of(fit: Fit, cases: list[Case], start: Potential) -> Objective:
    """Return the objective of a fit: targets of all systems, and priors.

    Args:
        fit: the fit.
        cases: its systems.
        start: the potential that it starts from.
    """
    spec = fit.spec
    spectra = [s for s in _spectra(fit, cases) if s.targets]
    others = tuple(q for case in cases for q in quantities(case, start))
    dots = tuple(gap for case in cases for gap in dot_gaps(case))
    check_method(fit, dots)
    if not spectra and not others and not dots:
        raise spec.origin.error(
            "no system has a reference or target with a weight: nothing to fit",
            "add reference: FILE, or weights that are not zero, or use `nnpp bands`",
            "systems",
        )
    crystals = [float(source.system.q[-1]) for source in (*spectra, *others)]
    longest = max([*crystals, *(2 * dot.fixed.system.longest for dot in dots)])
    with spec.origin.error_context("fit", "priors"):
        priors = tuple(_priors(spec.fit.priors, start, longest))
    sources = (*spectra, *others, *dots, *priors)
    return Objective(Parameters(start, spec.potential.train), sources)


def held_out(case: Case, share: float, seed: int) -> Bool[np.ndarray, " k"]:
    """Return the k-points that are held out of a fit, which depend on the seed alone.

    Equivalent k-points have the same levels and are held out together. Those of the band edges
    and of the zero of energy are always fitted, because all levels are measured from them.

    Args:
        case: the system.
        share: fraction of the distinct k-points with a weight.
        seed: seed of the random selection.
    """
    bands = reference_bands(case)
    if bands is None:
        return np.zeros(len(case.kpoints), bool)
    E = from_zero(case, bands.E)
    weighted = np.asarray(weights_of(case, E) > 0).any(axis=1)
    group = equivalent(case.crystal, np.asarray(bands.kpoints.fractional))
    distinct = np.unique(group[weighted])
    free = np.setdiff1d(distinct, group[list(_always_fitted(case, np.asarray(E)))])
    count = round(share * len(distinct))
    if count > len(free):
        raise InputError(
            f"{count} of {len(distinct)} different k-points are to be held out, but only "
            f"{len(free)} can be: those of the band edges and of the zero of energy are needed",
            "lower `hold_out` of the fit",
        )
    drawn = np.random.default_rng([seed, len(group)]).permutation(free)[:count]
    return np.isin(group, drawn) & weighted


def _always_fitted(case: Case, E: Float[np.ndarray, "k band"]) -> Iterator[int]:
    """Yield the k-points of the band edges and of the zero of energy of the reference."""
    full, of_zero = case.occupied_in_reference, zero(case)
    if 0 < full <= E.shape[1]:
        yield int(E[:, full - 1].argmax())
    if full < E.shape[1]:
        yield int(E[:, full].argmin())
    if isinstance(of_zero, Level):
        yield of_zero.k


def _spectra(fit: Fit, cases: list[Case]) -> Iterator[Spectrum]:
    """Yield one spectrum for each system with a reference or a target of levels."""
    for i, case in enumerate(cases):
        if case.reference is None and not any(t.kind in LEVELS for t in case.spec.targets):
            continue
        with fit.spec.origin.error_context("systems", i):
            yield _spectrum(case, held_out(case, fit.spec.fit.hold_out, fit.spec.fit.seed))


def _spectrum(case: Case, held: Bool[np.ndarray, " k"]) -> Spectrum:
    """Return the levels of one system at the k-points of its reference, with their targets."""
    kpoints = case.kpoints if case.reference is None else case.reference.kpoints
    distinct, place = _distinct(case, kpoints)
    return Spectrum(
        system=case.system if distinct is case.kpoints else case.at(distinct),
        place=place,
        kpoints=kpoints,
        targets=(*_bands(case, ~held), *_numbers(case, kpoints)),
        held=tuple(_bands(case, held)),
        name=case.spec.name,
        n=_levels(case),
        occupied=case.occupied,
        spinor=case.spinor,
        solve=case.solve,
    )


def _distinct(case: Case, kpoints: KPoints) -> tuple[KPoints, Int[jax.Array, " k"] | None]:
    """Return the inequivalent k-points, and the index among them for each k-point.

    Equivalent k-points have the same levels if the plane waves have the symmetry too.
    """
    k = np.asarray(kpoints.fractional)
    _, first, place = np.unique(
        equivalent(case.crystal, k), return_index=True, return_inverse=True
    )
    if not RULES[case.spec.plane_waves].symmetric or len(first) == len(k):
        return kpoints, None
    return listed(case.crystal, k[first]), jnp.asarray(place)


def _levels(case: Case) -> int:
    """Return the number of levels that the targets depend on."""
    reference = case.reference
    compared = 0 if reference is None else -(-reference.E.shape[1] // case.times)
    has_gap = any(target.kind in LEVELS for target in case.spec.targets)
    return max(compared, case.occupied + 1) if has_gap else compared


def _bands(case: Case, chosen: Bool[np.ndarray, " k"]) -> Iterator[BandsTarget]:
    """Yield the reference bands at the chosen k-points, if they have a weight."""
    reference = reference_bands(case)
    if reference is None:
        return
    E = from_zero(case, reference.E)
    w = weights_of(case, E) * jnp.asarray(chosen)[:, None]
    if jnp.any(w > 0):
        yield BandsTarget(E, w, zero(case), case.twice)


def _numbers(case: Case, kpoints: KPoints) -> Iterator[Target]:
    """Yield the targets of one number each."""
    for target in case.spec.targets:
        if target.kind in LEVELS:
            value, weight = jnp.asarray(target.value), jnp.asarray(target.weight)
            yield LEVELS[target.kind](case, kpoints)(value, weight)


def _direct_gap(case: Case, kpoints: KPoints) -> Callable[..., Target]:
    """Return a target of the gap at Γ."""
    return partial(AtGammaTarget, measure=direct_gap_at, gamma=kpoints.require_gamma)


def _splitting(case: Case, kpoints: KPoints) -> Callable[..., Target]:
    """Return a target of the spin-orbit splitting at Γ."""
    if not case.spinor:
        raise InputError(
            "splitting: no element has a spin-orbit strength",
            "add spin_orbit to an element, or remove the target",
        )
    return partial(AtGammaTarget, measure=splitting_at, gamma=kpoints.require_gamma)


LEVELS: dict[str, Callable[[Case, KPoints], Callable[..., Target]]] = {
    "gap": lambda case, kpoints: GapTarget,
    "direct_gap": _direct_gap,
    "splitting": _splitting,
}
"""Targets of one number that follow from levels; each entry returns the class of a target."""


def _priors(spec: Priors, start: Potential, longest: float) -> Iterator[Source]:
    """Yield the priors with a weight, which is in units of the integral in eV².

    Args:
        spec: their weights.
        start: the potential that the fit starts from.
        longest: the largest q of all targets [bohr⁻¹].
    """
    q = jnp.arange(0.0, END + GRID / 2, GRID)
    integrals: dict[str, tuple[Measure, float, jnp.ndarray]] = {
        "size": (size, spec.size, q),
        "curvature": (curvature, spec.curvature, q),
        "tail": (size, spec.tail, longest + q),
    }
    for name, (measure, weight, where) in integrals.items():
        if weight:
            yield prior(
                f"prior on {name}", measure, weight / HARTREE_EV**2, where, _reference(start)
            )


def _reference(start: Potential) -> FormFactors:
    """Return the curve at which priors are zero, e.g. v⁰ times the envelope of a network."""
    reference = start.local.prior_reference()
    return reference or (lambda q: jnp.zeros((len(q), len(start.species))))
