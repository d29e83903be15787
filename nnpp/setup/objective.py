"""What a fit.yaml says a fit should make small, as an objective."""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.config.spec import Priors
from nnpp.errors import InputError
from nnpp.fitting.objective import Objective, Source
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import Measure, curvature, prior, size
from nnpp.fitting.targets.levels import AtGammaTarget, BandsTarget, GapTarget
from nnpp.fitting.targets.spectrum import Spectrum, Target
from nnpp.observables.gaps import direct_gap_at, splitting_at
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of, zero
from nnpp.setup.hold_out import held_out
from nnpp.setup.quantities import quantities
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import equivalent
from nnpp.units import HARTREE_EV

GRID, END = 0.025, 10.0
"""Spacing and end of the lengths at which priors look [bohr⁻¹]; the tail is as long again."""


def objective_of(fit: Fit, cases: list[Case], start: Potential) -> Objective:
    """All targets of all systems, and the priors."""
    spec = fit.spec
    spectra = [s for s in _spectra(fit, cases) if s.targets]
    others = tuple(q for case in cases for q in quantities(case, start))
    if not spectra and not others:
        raise spec.origin.error(
            "no system has a reference or target that weighs anything: nothing to fit",
            "add reference: FILE, or weights that are not zero, or use `nnpp bands`",
            "systems",
        )
    longest = max(float(source.system.q[-1]) for source in (*spectra, *others))
    with spec.origin.error_context("fit", "priors"):
        priors = tuple(_priors(spec.fit.priors, start, longest))
    sources = (*spectra, *others, *priors)
    return Objective(Parameters(start, spec.potential.train), sources)


def _spectra(fit: Fit, cases: list[Case]) -> Iterator[Spectrum]:
    """One spectrum for each system that has something to be held against."""
    for i, case in enumerate(cases):
        if case.reference is None and not any(t.kind in LEVELS for t in case.spec.targets):
            continue
        with fit.spec.origin.error_context("systems", i):
            yield _spectrum(case, held_out(case, fit.spec.fit.hold_out, fit.spec.fit.seed))


def _spectrum(case: Case, held: Bool[np.ndarray, " k"]) -> Spectrum:
    """The levels of one system at the k-points of its reference, and their targets."""
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
    """The k-points that symmetry keeps apart, and which of them stands for each.

    Those that it makes one have the same levels, if the plane waves are as symmetric.
    """
    k = np.asarray(kpoints.fractional)
    _, first, place = np.unique(
        equivalent(case.crystal, k), return_index=True, return_inverse=True
    )
    if not RULES[case.spec.plane_waves].symmetric or len(first) == len(k):
        return kpoints, None
    return listed(case.crystal, k[first]), jnp.asarray(place)


def _levels(case: Case) -> int:
    """Levels that the targets look at."""
    reference = case.reference
    seen = 0 if reference is None else -(-reference.E.shape[1] // case.times)
    aimed = any(target.kind in LEVELS for target in case.spec.targets)
    return max(seen, case.occupied + 1 if aimed else seen)


def _bands(case: Case, seen: Bool[np.ndarray, " k"]) -> Iterator[BandsTarget]:
    """The reference bands at some of the k-points; nothing if they weigh nothing."""
    reference = reference_bands(case)
    if reference is None:
        return
    E = from_zero(case, reference.E)
    w = weights_of(case, E) * jnp.asarray(seen)[:, None]
    if jnp.any(w > 0):
        yield BandsTarget(E, w, zero(case), case.twice)


def _numbers(case: Case, kpoints: KPoints) -> Iterator[Target]:
    """Targets of one number each."""
    for target in case.spec.targets:
        if target.kind in LEVELS:
            value, weight = jnp.asarray(target.value), jnp.asarray(target.weight)
            yield LEVELS[target.kind](case, kpoints)(value, weight)


def _gap(case: Case, kpoints: KPoints) -> Callable[..., Target]:
    """A target of the gap."""
    return GapTarget


def _direct_gap(case: Case, kpoints: KPoints) -> Callable[..., Target]:
    """A target of the gap at Γ."""
    return partial(AtGammaTarget, measure=direct_gap_at, gamma=kpoints.require_gamma)


def _splitting(case: Case, kpoints: KPoints) -> Callable[..., Target]:
    """A target of the splitting, where there is one."""
    if not case.spinor:
        raise InputError(
            "a splitting is aimed at, but no element has a spin-orbit strength",
            "add spin_orbit to an element, or remove the target",
        )
    return partial(AtGammaTarget, measure=splitting_at, gamma=kpoints.require_gamma)


LEVELS = {"gap": _gap, "direct_gap": _direct_gap, "splitting": _splitting}
"""Targets of one number that levels tell; a new one is a function of bands, and an entry."""


def _priors(spec: Priors, start: Potential, longest: float) -> Iterator[Source]:
    """Priors that have a weight; a weight of one counts an integral in eV² as it stands.

    `longest` is the longest q at which any target looks [bohr⁻¹].
    """
    q = jnp.arange(0.0, END + GRID / 2, GRID)
    wanted: dict[str, tuple[Measure, float, jnp.ndarray]] = {
        "size": (size, spec.size, q),
        "curvature": (curvature, spec.curvature, q),
        "tail": (size, spec.tail, longest + q),
    }
    for name, (measure, weight, where) in wanted.items():
        if weight:
            before = _before(start)
            yield prior(f"prior on {name}", measure, weight / HARTREE_EV**2, where, before)


def _before(start: Potential) -> FormFactors:
    """The form that priors leave alone: v⁰ under its envelope, else zero; Zunger's own."""
    reference = start.local.prior_reference()
    return reference or (lambda q: jnp.zeros((len(q), len(start.species))))
