"""The cutoff and the plane waves with which a fitted potential computes a crystal.

A potential belongs to its cutoff. A crystal takes that of the system with its composition;
of several, that of the closest volume per atom. A mixture of fitted compounds takes
Σ x_i E_i of their cutoffs, where x_i is the share of its atoms that belong to compound i, as
`nnpp transfer` does. Any other crystal takes that of the system of the nearest composition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls

from nnpp.errors import InputError
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.model import Model
from nnpp.formats.structures import formula, fractions, volume_per_atom
from nnpp.structures.crystal import Crystal

ROUNDING = 1e-6
"""Compositions that differ by less are equal; weight of the smallest shares of a mixture."""

OVERRIDE = "--cutoff takes another"
"""How another cutoff is chosen."""


@dataclass(frozen=True)
class Basis:
    """Plane waves of a crystal.

    Attributes:
        cutoff: cutoff [hartree].
        plane_waves: rule that selects plane waves.
        note: which systems the cutoff is taken from; empty if all have the same, or if the
            cutoff was given.
    """

    cutoff: float
    plane_waves: str
    note: str = ""


@dataclass(frozen=True)
class _Known:
    """A fitted system of known composition.

    Attributes:
        name: name of the system.
        formula: reduced chemical formula.
        volume: volume per atom [bohr³].
        cutoff: cutoff [hartree].
        plane_waves: rule that selects plane waves.
    """

    name: str
    formula: str
    volume: float
    cutoff: float
    plane_waves: str


def stated_bases(model: Model) -> list[dict[str, Any]]:
    """Return the systems of a model that state the cutoff at which they were fitted."""
    return [s for s in model.about.get("systems", []) if "cutoff_hartree" in s]


def basis_of(
    model: Model, crystal: Callable[[], Crystal], cutoff: float | None = None
) -> Basis:
    """Return the plane waves of a crystal.

    Args:
        model: the fitted potential.
        crystal: returns the crystal; called if the systems of the fit differ in their basis.
        cutoff: another cutoff [hartree]; None for that of the fit.

    Returns:
        The cutoff, the rule, and where they are from.
    """
    systems = stated_bases(model)
    if not systems and cutoff is None:
        raise InputError(
            "does not state the cutoff at which it was fitted", "give a cutoff", model.path
        )
    if len({_stated(s) for s in systems}) > 1:
        found = _among(model, systems, crystal())
    else:
        found = Basis(*(_stated(systems[0]) if systems else (0.0, "per-k")))
    return found if cutoff is None else Basis(float(cutoff), found.plane_waves)


def _stated(system: dict[str, Any]) -> tuple[float, str]:
    """Return cutoff [hartree] and rule of a system."""
    return float(system["cutoff_hartree"]), system.get("plane_waves", "per-k")


def _among(model: Model, systems: list[dict[str, Any]], crystal: Crystal) -> Basis:
    """Return the basis of the system, or of the systems, that a crystal belongs to."""
    known = [one for s in systems if (one := _known(model, s)) is not None]
    if not known:
        widest = max(map(_stated, systems))
        text = "of its systems (their compositions are not stored)"
        return Basis(*widest, f"cutoff {widest[0]:.6g} hartree, the largest {text}; {OVERRIDE}")
    own, volume = formula(crystal), volume_per_atom(crystal)
    same = [one for one in known if one.formula == own]
    if same:
        one = min(same, key=lambda one: abs(np.log(one.volume / volume)))
        note = f"cutoff {one.cutoff:.6g} hartree of {one.name}"
        return Basis(one.cutoff, one.plane_waves, note)
    return _of_others(own, _compounds(known))


def _compounds(known: list[_Known]) -> list[_Known]:
    """Return the system of middle volume of every composition."""
    by_formula: dict[str, list[_Known]] = {}
    for one in known:
        by_formula.setdefault(one.formula, []).append(one)
    ordered = (sorted(group, key=lambda one: one.volume) for group in by_formula.values())
    return [group[len(group) // 2] for group in ordered]


def _of_others(own: str, compounds: list[_Known]) -> Basis:
    """Return the basis of a composition that was not fitted."""
    shared = [fractions(name) for name in (own, *(c.formula for c in compounds))]
    elements = sorted({element for one in shared for element in one})
    wanted, *fitted = np.array([[one.get(e, 0.0) for e in elements] for one in shared])
    shares = _shares(np.array(fitted), wanted)
    if shares is None:
        one = compounds[int(np.argmin(np.linalg.norm(np.array(fitted) - wanted, axis=1)))]
        what = f"cutoff {one.cutoff:.6g} hartree of {one.name}, the nearest composition"
        return Basis(one.cutoff, one.plane_waves, f"{own} was not fitted: {what}; {OVERRIDE}")
    cutoff = round(float(sum(x * c.cutoff for x, c in zip(shares, compounds, strict=True))), 9)
    parts = [c.name for x, c in zip(shares, compounds, strict=True) if x > 1e-3]
    what = f"cutoff {cutoff:.6g} hartree, the mean of {' and '.join(parts)} by composition"
    rule = compounds[int(np.argmax(shares))].plane_waves
    return Basis(cutoff, rule, f"{own} was not fitted: {what}; {OVERRIDE}")


def _shares(
    fitted: Float[np.ndarray, "compound element"], wanted: Float[np.ndarray, " element"]
) -> Float[np.ndarray, " compound"] | None:
    """Return x ≥ 0 with Σ x_i f_i = f, the smallest Σ x_i²; None if there is none."""
    count = len(fitted)
    A = np.concatenate([fitted.T, ROUNDING * np.eye(count)])
    x, _ = nnls(A, np.concatenate([wanted, np.zeros(count)]))
    return x / x.sum() if np.abs(fitted.T @ x - wanted).max() < ROUNDING else None


def _known(model: Model, system: dict[str, Any]) -> _Known | None:
    """Return a system with its composition, as stored or from its bands; None if unknown."""
    name, basis = str(system.get("name", "")), _stated(system)
    if "formula" in system and "volume_per_atom_bohr3" in system:
        return _Known(name, system["formula"], system["volume_per_atom_bohr3"], *basis)
    file = model.path.parent / name / "bands.h5"
    if not name or "/" in name or not exists(file):
        return None
    crystal = read_bands_h5(file).crystal
    return _Known(name, formula(crystal), volume_per_atom(crystal), *basis)
