"""A fitted potential as an ASE calculator: levels and bands in eV, without total energy."""

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
from nnpp.formats.bands_json import SAME_CELL, band_structure
from nnpp.formats.structures import crystal_of
from nnpp.observables.bands import Bands
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import mesh, mesh_map
from nnpp.units import HARTREE_EV

Mesh = tuple[int, int, int]


class _Solution:
    """One crystal on the k-points of the calculator; levels are computed on first use."""

    def __init__(self, atoms: Atoms, kpts: Any, solve: Callable[[Crystal, KPoints], Bands]):
        self.atoms, self._kpts, self._solve = atoms.copy(), kpts, solve
        self.crystal = _crystal(atoms)

    @property
    def size(self) -> Mesh | None:
        """Divisions of the mesh; None if the k-points are listed."""
        return self._kpts if np.ndim(self._kpts) == 1 else None

    @cached_property
    def kpoints(self) -> KPoints:
        """The irreducible points of the mesh, or the listed points."""
        if self.size is not None:
            return mesh(self.crystal, self.size)
        return listed(self.crystal, self._kpts)

    @cached_property
    def bands(self) -> Bands:
        """The levels at the k-points [hartree]."""
        return self._solve(self.crystal, self.kpoints)

    def unfolded(self) -> tuple[Float[np.ndarray, "k 3"], Int[np.ndarray, " k"]]:
        """Return all mesh points, last coordinate fastest, and their irreducible points."""
        if self.size is None:
            k = np.asarray(self.kpoints.fractional)
            return k, np.arange(len(k))
        representative, address = mesh_map(self.crystal, self.size)
        order = np.lexsort((address % self.size).T[::-1])
        place = np.unique(representative, return_inverse=True)[1].reshape(-1)
        return (address % self.size)[order] / np.array(self.size), place[order]


class Calculator(BaseCalculator):
    """ASE calculator for the levels of any atoms with one fitted potential [eV].

    Every level is listed once; it holds one electron with spin-orbit coupling, else two.
    A semi-empirical pseudopotential is fitted to levels. It has no total energy, and
    therefore no forces and no stress.

    Example:
        atoms.calc = nnpp.calculator("results/self-check", kpts=(4, 4, 4))
        atoms.calc.band_structure("GXL").plot()
    """

    name = "nnpp"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] -- a constant where ASE computes one

    def __init__(self, solve: Callable[[Crystal, KPoints], Bands], kpts: Any = (4, 4, 4)):
        """Initialize the calculator.

        Args:
            solve: returns the levels of a crystal at k-points.
            kpts: divisions of a Γ-centred mesh, or a list of fractional coordinates.
        """
        super().__init__()
        self._solve, self._kpts, self._solution = solve, _validated(kpts), None

    def set_atoms(self, atoms: Atoms) -> None:
        """Set the atoms; ASE calls this for `atoms.calc = calculator`."""
        self.atoms = atoms

    def get_property(
        self, name: str, atoms: Atoms | None = None, allow_calculation: bool = True
    ) -> None:
        """Raise PropertyNotImplementedError, or return None if nothing may be computed."""
        if allow_calculation:
            _no_total_energy(name)

    def calculate(self, atoms: Any, properties: Sequence[str], system_changes: Any) -> NoReturn:
        """Raise PropertyNotImplementedError: there is no total energy."""
        _no_total_energy(", ".join(properties))

    def band_structure(self, path: BandPath | str | None = None, npoints: int = 60):
        """Return ASE's BandStructure along a path [eV].

        Energies are absolute; the reference is the highest full level on the path.

        Args:
            path: ASE's BandPath or its text, by default the path ASE recommends.
            npoints: number of k-points, if `path` is not a BandPath.
        """
        atoms = self._atoms()
        crystal = _crystal(atoms)
        if not isinstance(path, BandPath):
            path = _path(atoms, path, npoints)
        if np.abs(path.cell.array - atoms.cell.array).max() > SAME_CELL:
            raise InputError("belongs to another cell", "use atoms.cell.bandpath()", "path")
        bands = self._solve(crystal, listed(crystal, path.kpts))
        found: BandStructure = band_structure(bands, path)
        return found

    def get_eigenvalues(self, kpt: int = 0, spin: int = 0) -> Float[np.ndarray, " level"]:
        """Return the levels at the irreducible k-point `kpt` [eV]."""
        E = np.asarray(self._current().bands.E)
        if not 0 <= kpt < len(E) or spin != 0:
            raise InputError(
                f"there is no k-point {kpt} of spin {spin}",
                f"k-points count from 0 to {len(E) - 1}, and spin is 0",
            )
        return E[kpt] * HARTREE_EV

    def get_fermi_level(self) -> float:
        """Return the middle between the highest full and the lowest empty level [eV].

        The lowest bands are filled even if they overlap with empty ones, so this is not the
        Fermi level of a metal.
        """
        bands = self._current().bands
        E, v = np.asarray(bands.E), bands.occupied
        if not 0 < v < E.shape[1]:
            raise InputError(
                f"{E.shape[1]} bands, of which {v} are full, have no gap",
                f"request more than {v} bands",
            )
        return float(E[:, v - 1].max() + E[:, v].min()) / 2 * HARTREE_EV

    def get_number_of_bands(self) -> int:
        """Return the number of levels at each k-point."""
        return self._current().bands.E.shape[1]

    def get_number_of_spins(self) -> int:
        """Return 1: spinless levels hold two electrons, and spinors contain both spins."""
        return 1

    def get_spin_polarized(self) -> bool:
        """Return False."""
        return False

    def get_ibz_k_points(self) -> Float[np.ndarray, "k 3"]:
        """Return the irreducible k-points, fractional."""
        return np.asarray(self._current().kpoints.fractional)

    def get_k_point_weights(self) -> Float[np.ndarray, " k"]:
        """Return the weights of the irreducible k-points; their sum is 1."""
        return np.asarray(self._current().kpoints.weights)

    def get_bz_k_points(self) -> Float[np.ndarray, "k 3"]:
        """Return all k-points of the mesh, fractional."""
        return self._current().unfolded()[0]

    def get_bz_to_ibz_map(self) -> Int[np.ndarray, " k"]:
        """Return the index of the equivalent irreducible k-point of every k-point."""
        return self._current().unfolded()[1]

    def _atoms(self) -> Atoms:
        """Return the atoms; raise an error if there are none."""
        if self.atoms is None:
            raise InputError("the calculator has no atoms", "set atoms.calc = calculator")
        return self.atoms

    def _current(self) -> _Solution:
        """Return the solution for the current atoms."""
        atoms = self._atoms()
        if self._solution is None or self._solution.atoms != atoms:
            self._solution = _Solution(atoms, self._kpts, self._solve)
        return self._solution


def _no_total_energy(what: str) -> NoReturn:
    raise PropertyNotImplementedError(
        f"no {what}: a semi-empirical pseudopotential has no total energy"
    )


def _crystal(atoms: Atoms) -> Crystal:
    """Return the atoms as a crystal; errors name the atoms."""
    try:
        return crystal_of(atoms)
    except InputError as error:
        raise error.at("atoms") from error


def _path(atoms: Atoms, path: str | None, npoints: int) -> BandPath:
    """Return ASE's path through the Brillouin zone of the atoms."""
    try:
        return atoms.cell.bandpath(path, npoints=npoints)
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"is not a path of this cell ({reason})", "write it as ASE does, 'GXL'", "path"
        ) from error


def _validated(kpts: Any) -> Any:
    """Return three divisions or a list of k-points; raise an error for anything else."""
    array = np.asarray(kpts)
    if array.shape == (3,) and array.dtype.kind == "i" and (array > 0).all():
        return tuple(map(int, array))
    listed_so = array.ndim == 2 and array.shape[1] == 3 and array.dtype.kind in "if"
    if not (listed_so and len(array) and np.isfinite(array).all()):
        raise InputError(
            f"{kpts!r:.40} are not k-points", "give (4, 4, 4) or a list of coordinates", "kpts"
        )
    return array.astype(float)
