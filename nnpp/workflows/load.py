"""A fitted potential in Python: `nnpp.load(path)` and `nnpp.calculator(path)` of ASE."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnpp.basis.rules import RULES
from nnpp.config.kpoints import read_path_text
from nnpp.devices.start import require_jax, start_devices
from nnpp.errors import InputError
from nnpp.formats.ase_calculator import Calculator
from nnpp.formats.model import Model, read_model
from nnpp.formats.structures import crystal_of, read_structure
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.bands import Bands, bands
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import kpoints_of
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.workflows.fits.basis import Basis, basis_of


@dataclass(frozen=True)
class Fitted:
    """A fitted potential, as `nnpp.load` returns it.

    Attributes:
        model: the stored model.
    """

    model: Model

    @property
    def potential(self) -> Potential:
        """The potential, a pytree whose leaves are the parameters."""
        return self.model.potential

    @property
    def about(self) -> dict[str, Any]:
        """The origin of the potential: fit, versions, inputs and bases."""
        return self.model.about

    def basis(self, structure: Any) -> Basis:
        """Return the plane waves of a crystal: those of the fitted system of its composition.

        Args:
            structure: a file of any format that ASE reads, ASE's Atoms, or a Crystal.

        Returns:
            Cutoff [hartree], rule, and a note on which system they are taken from.
        """
        require_jax()
        atoms = _crystal(structure)
        return basis_of(self.model, lambda: atoms)

    def bands(
        self,
        structure: Any,
        kpoints: KPoints | str | ArrayLike | None = None,
        cutoff: float | None = None,
        n: int | None = None,
        points: int = 60,
    ) -> Bands:
        """Return the lowest bands of a crystal, energies in hartree.

        Args:
            structure: a file of any format that ASE reads, ASE's Atoms, or a Crystal.
            kpoints: a path such as "L Γ X U|K Γ", fractional coordinates, or KPoints; None for
                the recommended path.
            cutoff: kinetic energy cutoff [hartree]; by default that of `basis`.
            n: number of bands; by default the occupied ones and a few more.
            points: approximate number of k-points of a path.
        """
        require_jax()
        start_devices()
        atoms = _crystal(structure)
        basis = basis_of(self.model, lambda: atoms, cutoff)
        k = _kpoints(atoms, kpoints, points)
        built = system(atoms, k, basis.cutoff, RULES[basis.plane_waves])
        _refuse_lost_entries(self.potential, built)
        return bands(self.potential, built, atoms, k, n)


def load(path: str | Path) -> Fitted:
    """Return the potential of a run, or of a file potential.safetensors."""
    return Fitted(read_model(Path(path)))


def calculator(
    path: str | Path, kpts: Any = (4, 4, 4), cutoff: float | None = None, n: int | None = None
) -> Calculator:
    """Return a calculator of ASE that gives the levels of any atoms.

    Args:
        path: a run, or a file potential.safetensors.
        kpts: divisions of a mesh, or a list of fractional k-points.
        cutoff: kinetic energy cutoff [hartree]; by default that of `Fitted.basis`.
        n: number of levels; by default the occupied ones and a few more.
    """
    return Calculator(partial(load(path).bands, cutoff=cutoff, n=n), kpts)


def _crystal(structure: Any) -> Crystal:
    """Return the crystal of a file, of ASE's Atoms [Å], or unchanged."""
    if isinstance(structure, Crystal):
        return structure
    if isinstance(structure, str | Path):
        return read_structure(Path(structure))
    if not hasattr(structure, "get_scaled_positions"):
        raise InputError(
            f"a {type(structure).__name__} is not a crystal",
            "give a structure file, ASE's Atoms or a Crystal",
        )
    try:
        return crystal_of(structure)
    except InputError as error:
        raise error.at("atoms") from error


def _kpoints(crystal: Crystal, wanted: Any, points: int) -> KPoints:
    """Return k-points as given, from a list, or along a path."""
    if isinstance(wanted, KPoints):
        return wanted
    if wanted is None or isinstance(wanted, str):
        return kpoints_of(read_path_text(wanted or "auto", points), crystal, None)
    return listed(crystal, np.asarray(wanted, float))


def _refuse_lost_entries(potential: Potential, built: System) -> None:
    """Raise an InputError if a table has entries at lengths that the crystal does not have."""
    lost = potential.local.lost(built.q)
    if lost:
        raise InputError(
            f"no |G−G′| of this crystal is {lost[0]:.6f} bohr⁻¹, so that entry of the table "
            "would be lost",
            "use a potential with v(q) at all lengths",
        )
