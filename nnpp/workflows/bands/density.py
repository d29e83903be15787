"""Density of states of one system, on a mesh of its own."""

import numpy as np

from nnpp.eigensolvers.dense import dense
from nnpp.formats.structures import covalent_radius
from nnpp.observables.bands import Bands, validated
from nnpp.observables.completeness import complete
from nnpp.observables.dos import Dos, gaussian_dos, levels_in_spheres, tetrahedron_dos, touching
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.structures.symmetry import mesh
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import Choices

SPACING = 0.08
"""Default distance between points of the mesh [bohr⁻¹]."""

STEP = 0.01 / HARTREE_EV
"""Distance between energies [hartree]; a quarter of a broadening that is narrower."""

MARGIN = 0.2 / HARTREE_EV
"""How far beyond the levels the energies go [hartree]."""

TAIL = 4.0
"""Widths of a Gaussian after which nothing of it is left."""


def default_mesh(case: Case, spacing: float = SPACING) -> tuple[int, int, int]:
    """Even divisions, so that zone faces are met, with points `spacing` apart or less."""
    lengths = np.linalg.norm(np.asarray(case.crystal.reciprocal), axis=1)
    n = [2 * int(np.ceil(float(x) / spacing / 2)) for x in lengths]
    return n[0], n[1], n[2]


def density_of_states(case: Case, potential: Potential, choices: Choices) -> Dos:
    """By linear tetrahedra, or by Gaussians where a broadening is asked for.

    As many levels again as are drawn are computed, and energies end where the highest of them
    begins: above, bands that were not computed would be missing.
    """
    size = default_mesh(case) if choices.mesh is None else choices.mesh
    kpoints = mesh(case.crystal, size)
    system, n = case.at(kpoints), case.n_levels
    more = min(2 * n, system.room(case.spinor))
    radii = touching(case.crystal, tuple(map(covalent_radius, case.crystal.species)))
    E, inside = levels_in_spheres(potential, system, more, radii, case.solve)
    found = Bands(kpoints, validated(E), case.occupied, case.spinor)
    if case.solve is not dense:
        complete(E, potential, system)
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
        return tetrahedron_dos(found, case.crystal, size, energy, shares)
    return gaussian_dos(found, choices.broadening, energy, shares)
