"""What a fit constrains: the numbers of a crystal that its targets and levels determine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from nnpp.config.targets import GAMMA, StretchTarget
from nnpp.observables.bands import Bands
from nnpp.observables.edges import Edges
from nnpp.observables.gaps import SAME_ENERGY, gap
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of

TARGET, LEVELS, VOLUMES, NOT_FITTED = "target", "levels", "volumes", "not fitted"
"""How a number is fitted: as a target, by the levels it is a difference of, by gaps or levels
of the same crystal at several volumes, or not at all."""

SIX = 6
"""Levels of Γ8 and Γ7."""


@dataclass(frozen=True)
class FittedSystem:
    """One system of a fit, and the k-points of its reference that were fitted.

    Attributes:
        case: the system.
        k_points: which k-points of its reference were fitted; they are not held out.
    """

    case: Case
    k_points: Bool[np.ndarray, " k"]

    @property
    def levels(self) -> Bool[np.ndarray, "k level"] | None:
        """Which reference levels were fitted; None without a reference."""
        reference = reference_bands(self.case)
        if reference is None:
            return None
        weighted = weights_of(self.case, from_zero(self.case, reference.E)) > 0
        chosen = np.array(weighted) & self.k_points[:, None]
        if self.case.spec.zero == "vbm" and reference.occupied > 0 and chosen.any():
            # All levels are measured from the valence top, which therefore has no error.
            top = np.asarray(reference.E)[:, reference.occupied - 1]
            chosen[top > top.max() - SAME_ENERGY, reference.occupied - 1] = True
        return chosen


def fitted_numbers(one: FittedSystem, siblings: Sequence[FittedSystem]) -> Mapping[str, str]:
    """Return how the numbers of a system are fitted, by key; others are not fitted.

    Args:
        one: the system.
        siblings: all systems with the same crystal at other volumes, `one` among them.
    """
    return dict([*_by_volumes(siblings), *_by_levels(one), *_by_targets(one.case)])


def _by_targets(case: Case) -> Iterator[tuple[str, str]]:
    """Yield the numbers that are targets, and those that follow from them."""
    found = {target.kind for target in case.spec.targets}
    found |= set(_stretched(case))
    if {"heavy_hole_mass", "light_hole_mass"} <= found:
        found |= {"gamma_1", "gamma_2"}
    if {"conduction_by_volume", "valence_by_volume"} <= found:
        found |= {"gap_by_volume"}
    yield from ((name, TARGET) for name in sorted(found))


def _stretched(case: Case) -> Iterator[str]:
    """Yield the slopes of band edges at Γ that are targets of the kind `stretched`."""
    edges = Edges(case.occupied, case.spinor)
    places = {"conduction": range(*edges.conduction), "valence": range(*edges.valence)}
    for target in case.spec.targets:
        if not isinstance(target, StretchTarget) or target.kpoint != GAMMA:
            continue
        level = (target.band - 1) // case.times
        if target.above is None:
            yield from (f"{n}_by_volume" for n, place in places.items() if level in place)
        elif target.above.kpoint == GAMMA:
            below = (target.above.band - 1) // case.times
            if level in places["conduction"] and below in places["valence"]:
                yield "gap_by_volume"


def _by_levels(one: FittedSystem) -> Iterator[tuple[str, str]]:
    """Yield gaps and splitting whose levels were fitted."""
    reference, chosen = reference_bands(one.case), one.levels
    if reference is None or chosen is None:
        return
    full, count = reference.occupied, reference.E.shape[1]
    if not 0 < full < count:
        return
    edges = gap(reference)
    if chosen[edges.at_vbm, full - 1] and chosen[edges.at_cbm, full]:
        yield "gap", LEVELS
    gamma = _fitted_gamma(reference, chosen)
    if gamma is None:
        return
    if chosen[gamma, full - 1 : full + 1].all():
        yield "direct_gap", LEVELS
    if one.case.spinor and full >= SIX and chosen[gamma, full - SIX : full].all():
        yield "splitting", LEVELS


def _fitted_gamma(reference: Bands, chosen: Bool[np.ndarray, "k level"]) -> int | None:
    """Return the index of a Γ that was fitted; None if there is none."""
    k = np.asarray(reference.kpoints.fractional)
    at_gamma = np.all(np.abs(k - np.round(k)) < 1e-9, axis=1)
    found = np.flatnonzero(at_gamma & chosen.any(axis=1))
    return int(found[0]) if found.size else None


def _by_volumes(siblings: Sequence[FittedSystem]) -> Iterator[tuple[str, str]]:
    """Yield the slopes that gaps, or absolute levels, at several volumes determine."""
    gaps = absolute = 0
    for one in siblings:
        levels = dict(_by_levels(one))
        gaps += "direct_gap" in {**levels, **dict(_by_targets(one.case))}
        absolute += "direct_gap" in levels and one.case.spec.zero == "absolute"
    if gaps > 1:
        yield "gap_by_volume", VOLUMES
    if absolute > 1:
        yield "conduction_by_volume", VOLUMES
        yield "valence_by_volume", VOLUMES
