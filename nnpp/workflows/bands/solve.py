"""One system solved: its levels and gap, its density of states, bands connected by overlap."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool

from nnpp.devices.processes import synchronized
from nnpp.errors import InputError
from nnpp.formats.ensemble import Levels
from nnpp.formats.structures import covalent_radius
from nnpp.observables.bands import Bands, bands, check_complete, states, validated
from nnpp.observables.characters import Characters, characters
from nnpp.observables.comparison import Comparison, LevelErrors
from nnpp.observables.dos import (
    Dos,
    gaussian_dos,
    levels_in_spheres,
    tetrahedron_dos,
    touching_radii,
)
from nnpp.observables.gaps import Gap, gap, spin_orbit_splitting
from nnpp.observables.ordering import continuous_order
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.compare import compare_with_reference
from nnpp.structures.inversion import centred
from nnpp.structures.symmetry import mesh, space_group
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import Choices

ZINC_BLENDE = "(216)"
"""The number of its space group."""

SPACING = 0.08
"""Default distance between points of the mesh [bohr⁻¹]."""

STEP = 0.01 / HARTREE_EV
"""Distance between energies [hartree]; a quarter of a Gaussian width that is narrower."""

MARGIN = 0.2 / HARTREE_EV
"""The energies extend this far beyond the levels [hartree]."""

TAIL = 4.0
"""A Gaussian is negligible after this many widths."""

LARGEST_BASIS = 4000
"""The weights of states need a matrix of this many rows [0.3 GB]."""

MAX_STEP = 0.26
"""k-points further apart than this, in fractional coordinates, are not neighbours."""


@dataclass(frozen=True)
class Solved:
    """The results of one system.

    Attributes:
        case: the system.
        bands: its levels.
        gap: band edges, where a conduction band was computed.
        comparison: with the reference, where both are at the same k-points.
        splitting: Γ8 − Γ7 at Γ, of spinors in zinc blende [hartree].
        dos: density of states, where requested.
        seconds: wall time of this system, including compilation.
        paths: files written.
        members: levels of an ensemble of the same potential at the same k-points.
        unseen: k-points of the reference that were not fitted.
        errors: errors of the levels, by the set of k-points: fitted, held out, others.
        weights: weights of the states in spheres, where requested.
    """

    case: Case
    bands: Bands
    gap: Gap | None
    comparison: Comparison | None
    splitting: float | None
    dos: Dos | None
    seconds: float
    paths: tuple[Path, ...] = ()
    members: Levels | None = None
    unseen: Bool[np.ndarray, " refk"] | None = None
    errors: Mapping[str, LevelErrors] = field(default_factory=dict)
    weights: Characters | None = None


def solve(case: Case, potential: Potential, choices: Choices) -> Solved:
    """Compute the levels of one system, and what follows from them."""
    start = time.perf_counter()
    found = bands(
        potential,
        case.system,
        case.crystal,
        case.kpoints,
        case.n_levels,
        case.electrons,
        case.solve,
    )
    found = replace(found, E=synchronized(found.E))
    edges = gap(found) if 0 < case.occupied < found.E.shape[1] else None
    dos = density_of_states(case, potential, choices)[0] if choices.dos else None
    comparison = compare_with_reference(case, found)
    weights = weights_in_spheres(case, potential) if choices.fat else None
    seconds = time.perf_counter() - start
    split = _splitting(case, found)
    return Solved(case, found, edges, comparison, split, dos, seconds, weights=weights)


def weights_in_spheres(case: Case, potential: Potential) -> Characters:
    """Return the weights of all levels within the largest spheres that do not overlap."""
    if case.n_plane_waves > LARGEST_BASIS:
        what = f"{case.n_plane_waves} plane waves, the limit of --fat is {LARGEST_BASIS}"
        raise InputError(what, "lower the --cutoff, or take a smaller crystal", case.spec.name)
    _, psi = states(potential, case.system, case.n_levels, case.solve)
    K = np.asarray(case.system.waves.K)
    psi = np.asarray(psi).reshape(len(K), -1, K.shape[1], case.n_levels)
    radii = touching_radii(case.crystal, tuple(map(covalent_radius, case.crystal.species)))
    return characters(psi, K, centred(case.crystal)[0], radii)


def _splitting(case: Case, found: Bands) -> float | None:
    """Return Γ8 − Γ7 of the valence band maximum, where these labels apply [hartree]."""
    applies = case.spinor and found.kpoints.gamma is not None and found.occupied >= 6
    if not applies or ZINC_BLENDE not in space_group(case.crystal):
        return None
    return float(spin_orbit_splitting(found))


def default_mesh(case: Case, spacing: float = SPACING) -> tuple[int, int, int]:
    """Return even divisions, which include zone faces, with points at most `spacing` apart."""
    lengths = np.linalg.norm(np.asarray(case.crystal.reciprocal), axis=1)
    n = [2 * int(np.ceil(float(x) / spacing / 2)) for x in lengths]
    return n[0], n[1], n[2]


def density_of_states(case: Case, potential: Potential, choices: Choices) -> tuple[Dos, Bands]:
    """Return the density of states by linear tetrahedra, or Gaussians, and the levels it sums.

    Twice as many levels as plotted are computed, and the energies end where the highest of them
    begins: above that, bands that were not computed would be missing.
    """
    size = default_mesh(case) if choices.mesh is None else choices.mesh
    kpoints = mesh(case.crystal, size)
    system, n = case.at(kpoints), case.n_levels
    more = min(2 * n, system.max_levels(case.spinor))
    radii = touching_radii(case.crystal, tuple(map(covalent_radius, case.crystal.species)))
    E, inside = levels_in_spheres(potential, system, more, radii, case.solve)
    found = Bands(kpoints, validated(E), case.occupied, case.spinor)
    check_complete(E, potential, system, case.solve)
    shares: dict[str, np.ndarray] = {}
    of_species = np.moveaxis(np.asarray(inside), 2, 0)
    for element, share in zip(case.crystal.species, of_species, strict=True):
        shares[element] = shares.get(element, 0) + share
    E, tail = np.asarray(found.E), TAIL * (choices.broadening or 0.0)
    margin = max(MARGIN, tail)
    low, high = E.min() - margin, min(E[:, n - 1].max() + margin, E[:, -1].min() - tail)
    step = min(STEP, (choices.broadening or np.inf) / 4)
    energy = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    if choices.broadening is None:
        return tetrahedron_dos(found, case.crystal, size, energy, shares), found
    return gaussian_dos(found, choices.broadening, energy, shares), found


def connected(case: Case, potential: Potential, bands: Bands) -> Bands:
    """Return the same levels, ordered so that each column follows one band by overlap."""
    E, psi = states(potential, case.system, bands.E.shape[1], case.solve)
    k = bands.kpoints
    still = np.flatnonzero(np.diff(np.asarray(k.distance)) == 0) + 1
    order = continuous_order(E, psi, case.system.waves, tuple(still.tolist()))
    followed = np.take_along_axis(np.asarray(E), order, axis=1)
    return Bands(k, jnp.asarray(followed), bands.occupied, bands.spinor)


def refuse_without_path(cases: list[Case]) -> None:
    """Raise an error if the k-points are not a path, along which bands can be connected."""
    for case in cases:
        k = np.asarray(case.kpoints.fractional)
        far = np.abs(np.diff(k, axis=0)).max(axis=1, initial=0.0) > MAX_STEP
        jumps = np.diff(np.asarray(case.kpoints.distance)) == 0
        if len(k) < 2 or not any(case.kpoints.labels) or np.any(far & ~jumps):
            raise InputError(
                f"the k-points of {case.spec.name} are not a path", "add --path", "--connect"
            )
