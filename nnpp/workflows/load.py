"""`nnpp.load(path)`: a fitted potential, ready to be used from Python."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnpp.basis.rules import RULES
from nnpp.config.kpoints import read_path_text
from nnpp.devices.parallel import one_device_per_core
from nnpp.errors import InputError
from nnpp.formats.model import Model, read_model
from nnpp.formats.structures import crystal_of, read_structure
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.bands import Bands, bands
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table
from nnpp.setup.cases import kpoints_of
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.workflows.fits.model_fit import basis_of


@dataclass(frozen=True)
class Fitted:
    """A fitted potential.

    Attributes:
        model: as it was read.
    """

    model: Model

    @property
    def potential(self) -> Potential:
        """The potential, a pytree whose every leaf is a parameter."""
        return self.model.potential

    @property
    def about(self) -> dict[str, Any]:
        """Where it comes from."""
        return self.model.about

    def bands(
        self,
        structure: Any,
        kpoints: KPoints | str | ArrayLike | None = None,
        cutoff: float | None = None,
        n: int | None = None,
        points: int = 60,
    ) -> Bands:
        """The `n` lowest bands, by default the occupied ones and a few more.

        `structure` is a file of any format that ASE reads, ASE's Atoms or a Crystal; `kpoints`
        a path as "L Γ X U|K Γ" of about `points` k-points (None for the recommended one),
        fractional coordinates, or KPoints; `cutoff` [hartree] is by default that of the fit.
        """
        one_device_per_core()
        basis = basis_of(self.model, cutoff)
        atoms = _crystal(structure)
        k = _kpoints(atoms, kpoints, points)
        built = system(atoms, k, basis["cutoff_hartree"], RULES[basis["plane_waves"]])
        _refuse_lost_entries(self.potential, built)
        return bands(self.potential, built, atoms, k, n)


def load(path: str | Path) -> Fitted:
    """The potential of a run, or in a potential.safetensors."""
    return Fitted(read_model(Path(path)))


def _crystal(structure: Any) -> Crystal:
    """The crystal in a file, in ASE's Atoms [Å], or as it is."""
    if isinstance(structure, Crystal):
        return structure
    if isinstance(structure, str | Path):
        return read_structure(Path(structure))
    if not hasattr(structure, "get_scaled_positions"):
        raise InputError(
            f"a {type(structure).__name__} is no crystal",
            "give a structure file, ASE's Atoms or a Crystal",
        )
    try:
        return crystal_of(structure)
    except InputError as error:
        raise error.at("atoms") from error


def _kpoints(crystal: Crystal, wanted: Any, points: int) -> KPoints:
    """K-points as given, listed, or along a path."""
    if isinstance(wanted, KPoints):
        return wanted
    if wanted is None or isinstance(wanted, str):
        return kpoints_of(read_path_text(wanted or "auto", points), crystal, None)
    return listed(crystal, np.asarray(wanted, float))


def _refuse_lost_entries(potential: Potential, built: System) -> None:
    """A table known only at lengths that a crystal does not have would act as no potential."""
    local = potential.local
    lost = local.unmet(built.q) if isinstance(local, Table) else ()
    if lost:
        raise InputError(
            f"no |G−G′| of this crystal is {lost[0]:.6f} bohr⁻¹, so that entry of the table "
            "would be lost",
            "use a potential that knows v(q) everywhere",
        )
