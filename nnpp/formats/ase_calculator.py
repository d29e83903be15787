"""A fitted potential as a calculator of ASE: levels and bands in eV, and no total energy."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from ase import Atoms
from ase.calculators.calculator import BaseCalculator, PropertyNotImplementedError
from ase.dft.kpoints import BandPath
from ase.spectrum.band_structure import BandStructure
from jaxtyping import Float, Int

from nnpp.errors import InputError
from nnpp.formats.bands_json import band_structure
from nnpp.formats.structures import crystal_of
from nnpp.observables.bands import Bands
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import mesh, mesh_map
from nnpp.units import HARTREE_EV

SAME_CELL = 1e-6
"""Lattice vectors of a path and of the atoms agree to this [Å]."""

Mesh = tuple[int, int, int]


class _Solved:
    """One crystal on the k-points of the calculator: its levels, once they are asked for."""

    def __init__(self, atoms: Atoms, kpts: Any, solve: Callable[[Crystal, KPoints], Bands]):
        self.atoms, self._kpts, self._solve = atoms.copy(), kpts, solve
        self.crystal = _crystal(atoms)

    @property
    def size(self) -> Mesh | None:
        """Of the mesh, unless the k-points are listed."""
        return self._kpts if np.ndim(self._kpts) == 1 else None

    @cached_property
    def kpoints(self) -> KPoints:
        """The irreducible points of the mesh, or those listed."""
        if self.size is not None:
            return mesh(self.crystal, self.size)
        return listed(self.crystal, self._kpts)

    @cached_property
    def bands(self) -> Bands:
        """The levels there [hartree]."""
        return self._solve(self.crystal, self.kpoints)

    def unfolded(self) -> tuple[Float[np.ndarray, "k 3"], Int[np.ndarray, " k"]]:
        """All points of the mesh, last coordinate fastest, and which irreducible each is."""
        if self.size is None:
            k = np.asarray(self.kpoints.fractional)
            return k, np.arange(len(k))
        stands_for, address = mesh_map(self.crystal, self.size)
        order = np.lexsort((address % self.size).T[::-1])
        place = np.unique(stands_for, return_inverse=True)[1].reshape(-1)
        return (address % self.size)[order] / np.array(self.size), place[order]


class Calculator(BaseCalculator):
    """Levels of any atoms by one fitted potential, as ASE asks for them [eV].

    With spin-orbit every level holds one electron, else two, and is there once in either case.
    A semi-empirical pseudopotential is fitted to levels: it has no total energy, and so no
    forces and no stress.
    """

    name = "nnpp"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] -- a constant where ASE computes one

    def __init__(self, solve: Callable[[Crystal, KPoints], Bands], kpts: Any = (4, 4, 4)):
        """`kpts`: divisions of a Γ-centred mesh, or a list of fractional coordinates."""
        super().__init__()
        self._solve, self._kpts, self._of = solve, _sound(kpts), None

    def set_atoms(self, atoms: Atoms) -> None:
        """What ASE does when it is told `atoms.calc = calculator`."""
        self.atoms = atoms

    def get_property(
        self, name: str, atoms: Atoms | None = None, allow_calculation: bool = True
    ) -> None:
        """No property of ASE is known; writers that ask for what is already there get None."""
        if allow_calculation:
            _no_total_energy(name)

    def calculate(self, atoms: Any, properties: Sequence[str], system_changes: Any) -> NoReturn:
        """Nothing that can be computed this way."""
        _no_total_energy(", ".join(properties))

    def band_structure(self, path: BandPath | str | None = None, npoints: int = 60):
        """Bands along `path`, ASE's own or its text, by default the one it recommends.

        Energies are absolute; the reference is the highest full level on the path.
        """
        atoms = self._atoms()
        crystal = _crystal(atoms)
        if not isinstance(path, BandPath):
            path = _path(atoms, path, npoints)
        if np.abs(path.cell.array - atoms.cell.array).max() > SAME_CELL:
            raise InputError("is of another cell", "use atoms.cell.bandpath()", "path")
        found: BandStructure = band_structure(self._along(crystal, path), path)
        return found

    def _along(self, crystal: Crystal, path: BandPath) -> Bands:
        """The levels at the k-points of `path` [hartree]."""
        return self._solve(crystal, listed(crystal, path.kpts))

    def get_eigenvalues(self, kpt: int = 0, spin: int = 0) -> Float[np.ndarray, " level"]:
        """The levels at the irreducible k-point `kpt` [eV]."""
        E = np.asarray(self._now().bands.E)
        if not 0 <= kpt < len(E) or spin != 0:
            raise InputError(
                f"there is no k-point {kpt} of spin {spin}",
                f"k-points count from 0 to {len(E) - 1}, and spin is 0",
            )
        return E[kpt] * HARTREE_EV

    def get_fermi_level(self) -> float:
        """Half-way between the highest full and the lowest empty level [eV].

        Bands are filled as if there were a gap, also where they overlap; it is no Fermi level
        of a metal.
        """
        bands = self._now().bands
        E, v = np.asarray(bands.E), bands.occupied
        if not 0 < v < E.shape[1]:
            raise InputError(
                f"{E.shape[1]} bands, of which {v} are full, have no gap",
                f"ask for more than {v} bands",
            )
        return float(E[:, v - 1].max() + E[:, v].min()) / 2 * HARTREE_EV

    def get_number_of_bands(self) -> int:
        """Levels at each k-point."""
        return self._now().bands.E.shape[1]

    def get_number_of_spins(self) -> int:
        """One: spinless levels hold two electrons, and spinors are of both spins."""
        return 1

    def get_spin_polarized(self) -> bool:
        """Never."""
        return False

    def get_ibz_k_points(self) -> Float[np.ndarray, "k 3"]:
        """The irreducible k-points, fractional."""
        return np.asarray(self._now().kpoints.fractional)

    def get_k_point_weights(self) -> Float[np.ndarray, " k"]:
        """The share of each irreducible k-point in the zone."""
        return np.asarray(self._now().kpoints.weights)

    def get_bz_k_points(self) -> Float[np.ndarray, "k 3"]:
        """All k-points of the mesh, fractional."""
        return self._now().unfolded()[0]

    def get_bz_to_ibz_map(self) -> Int[np.ndarray, " k"]:
        """For each of all k-points the irreducible one that it is by symmetry."""
        return self._now().unfolded()[1]

    def _atoms(self) -> Atoms:
        """The atoms at hand."""
        if self.atoms is None:
            raise InputError("the calculator has no atoms", "set atoms.calc = calculator")
        return self.atoms

    def _now(self) -> _Solved:
        """The levels of the atoms as they are now."""
        atoms = self._atoms()
        if self._of is None or self._of.atoms != atoms:
            self._of = _Solved(atoms, self._kpts, self._solve)
        return self._of


def _no_total_energy(what: str) -> NoReturn:
    """Said once, in one sentence."""
    raise PropertyNotImplementedError(
        f"no {what}: a semi-empirical pseudopotential, fitted to levels, has no total energy"
    )


def _crystal(atoms: Atoms) -> Crystal:
    """The crystal that the atoms are."""
    try:
        return crystal_of(atoms)
    except InputError as error:
        raise error.at("atoms") from error


def _path(atoms: Atoms, path: str | None, npoints: int) -> BandPath:
    """ASE's path through the zone of the atoms."""
    try:
        return atoms.cell.bandpath(path, npoints=npoints)
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"is no path of this cell ({reason})", "write it as ASE does, 'GXL'", "path"
        ) from error


def _sound(kpts: Any) -> Any:
    """Three divisions, or a list of k-points, refused where they are neither."""
    array = np.asarray(kpts)
    if array.shape == (3,) and array.dtype.kind == "i" and (array > 0).all():
        return tuple(map(int, array))
    listed_so = array.ndim == 2 and array.shape[1] == 3 and array.dtype.kind in "if"
    if not (listed_so and len(array) and np.isfinite(array).all()):
        raise InputError(
            f"{kpts!r:.40} are no k-points", "give (4, 4, 4) or a list of coordinates", "kpts"
        )
    return array.astype(float)
