"""Numbers of a reference for a report: from its levels, its file and other volumes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.bands import occupied_levels
from nnpp.observables.curvature import Curvature, electron, holes
from nnpp.observables.edges import Edges
from nnpp.observables.fields import multiplet
from nnpp.observables.gaps import direct_gap_at
from nnpp.observables.reports import QUANTITIES
from nnpp.setup.cases import Case
from nnpp.setup.compare import reference_bands
from nnpp.setup.quantities import is_cubic
from nnpp.structures.symmetry import rotations
from nnpp.units import HARTREE_EV
from nnpp.workflows.report.potential import Numbers, of_levels

NAMES = {"heavy 100": "heavy_hole_mass", "light 100": "light_hole_mass"}
"""Quantities that curvatures of holes give."""

TOGETHER = 2e-3 / HARTREE_EV
"""Levels of a reference that differ by less are degenerate [hartree]."""


def numbers_of_reference(case: Case, siblings: Sequence[Case]) -> tuple[Numbers, list[str]]:
    """Return the numbers of the reference [eV, mₑ], and notes on where they come from.

    Args:
        case: the system.
        siblings: all systems with the same crystal at other volumes, `case` among them.
    """
    reference = reference_bands(case)
    if reference is None or case.reference is None:
        return {}, []
    numbers = of_levels(reference)
    if not case.spinor:
        numbers.pop("splitting", None)
    slope, volumes = _gap_by_volume(case, siblings)
    masses, notes = _masses(case, case.reference.file)
    notes = [*volumes, *notes]
    scissor = 0.0 if case.spec.reference is None else case.spec.reference.scissor
    if scissor:
        shift = f"gaps of the reference include its scissor of {scissor * HARTREE_EV:g} eV"
        notes.append(f"{shift}; masses are those of the levels as stored, which it keeps")
    return numbers | slope | masses, notes


def _gap_by_volume(case: Case, siblings: Sequence[Case]) -> tuple[Numbers, list[str]]:
    """Return dE_g/d ln Ω at Γ [eV] from references at a smaller and a larger volume."""
    gaps = {}
    for one in siblings:
        found = reference_bands(one)
        if found is None or found.kpoints.gamma is None or found.occupied >= found.E.shape[1]:
            continue
        gaps[float(one.crystal.volume)] = (
            float(direct_gap_at(found, found.kpoints.gamma)) * HARTREE_EV,
            one.spec.name,
        )
    here = float(case.crystal.volume)
    below, above = min(gaps, default=here), max(gaps, default=here)
    if not below < here < above:
        return {}, []
    (low, first), (high, last) = gaps[below], gaps[above]
    text = f"dE_g/d ln Ω of the reference: difference of the gaps of {first} and {last}"
    return {"gap_by_volume": (high - low) / float(np.log(above / below))}, [text]


def _masses(case: Case, file: ReferenceBands | None) -> tuple[Numbers, list[str]]:
    """Return masses and Luttinger parameters from the file, or else from its levels near Γ."""
    near = None if file is None else _near_gamma(case, file)
    if file is None or near is None:
        return {}, []
    fits = dict(near.curvatures())
    masses, notes = {}, []
    if near.cubic:
        masses = {name: m for name, m in file.masses.items() if near.separate(name)}
    if masses:
        notes.append(f"masses of the reference are those of its file {file.path.name}, along x")
    for name, fit in fits.items():
        if name in QUANTITIES and name not in masses:
            masses[name] = 1 / abs(fit.inverse)
            notes.append(_text(name, fit))
    return masses | dict(_luttinger(masses, fits)), notes


def _text(name: str, fit: Curvature) -> str:
    """Return a note on a mass that was fitted to levels."""
    return (
        f"{QUANTITIES[name][0]} of the reference: Δ(1 + αΔ) = ½ k·A·k fitted to its levels at "
        f"{fit.points} k-points up to {fit.reach:.3f} bohr⁻¹, residual "
        f"{fit.residual * HARTREE_EV * 1e3:.2f} meV"
    )


def _luttinger(masses: Numbers, fits: Mapping[str, Curvature]) -> Iterator[tuple[str, float]]:
    """Yield γ₁ and γ₂ from masses along 100, and γ₃ from levels along 111."""
    if {"heavy_hole_mass", "light_hole_mass"} <= set(masses):
        heavy, light = 1 / masses["heavy_hole_mass"], 1 / masses["light_hole_mass"]
        yield "gamma_1", (light + heavy) / 2
        yield "gamma_2", (light - heavy) / 4
    if {"heavy 111", "light 111"} <= set(fits):
        yield "gamma_3", (fits["heavy 111"].inverse - fits["light 111"].inverse) / 4


@dataclass(frozen=True)
class _NearGamma:
    """Levels of a file, and where its band edges at Γ are.

    Attributes:
        k: wave vectors [bohr⁻¹].
        E: ascending levels [hartree].
        gamma: index of Γ.
        edges: the band edges among the levels.
        rotations: the point group, as orthogonal matrices.
        cubic: whether the crystal is zinc blende or diamond.
    """

    k: Float[np.ndarray, "k 3"]
    E: Float[np.ndarray, "k level"]
    gamma: int
    edges: Edges
    rotations: Float[np.ndarray, "op 3 3"]
    cubic: bool

    def separate(self, name: str) -> bool:
        """Return whether a band edge is a multiplet of its own, as its mass requires."""
        edge = self.edges.conduction if name == "electron_mass" else self.edges.valence
        at_gamma = self.E[self.gamma]
        inside = edge[0] >= 0 and edge[1] <= len(at_gamma)
        return inside and multiplet(at_gamma, edge[0], TOGETHER) == edge

    def curvatures(self) -> Iterator[tuple[str, Curvature]]:
        """Yield the curvatures that the levels determine, by quantity or as "heavy 111"."""
        at_gamma = self.E[self.gamma]
        if self.separate("electron_mass"):
            found = electron(self.k, self.E, at_gamma, self.edges, self.rotations)
            if found is not None and found.inverse > 0:
                yield "electron_mass", found
        if self.cubic and self.edges.spinor and self.separate("heavy_hole_mass"):
            for name, hole in holes(self.k, self.E, at_gamma, self.edges):
                yield NAMES.get(name, name), hole


def _near_gamma(case: Case, file: ReferenceBands) -> _NearGamma | None:
    """Return the levels of a file with its band edges; None without Γ or without both edges."""
    kpoints = file.kpoints(case.crystal)
    spinor = file.spinor
    if spinor is None:  # as when the levels are compared
        spinor = case.spec.spin == "doubled" or case.spinor
    edges = Edges(occupied_levels(case.electrons, spinor), spinor)
    if kpoints.gamma is None or edges.conduction[1] > file.E.shape[1]:
        return None
    B = np.asarray(case.crystal.reciprocal)
    R = np.linalg.inv(B) @ rotations(case.crystal) @ B
    k = np.asarray(kpoints.fractional) @ B
    return _NearGamma(k, np.sort(file.E, axis=1), kpoints.gamma, edges, R, is_cubic(case))
