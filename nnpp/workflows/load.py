"""A fitted potential in Python: `nnpp.load(path)` and `nnpp.calculator(path)` of ASE."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnpp.basis.rules import RULES
from nnpp.devices.start import require_jax, start_devices
from nnpp.errors import InputError
from nnpp.files.tensors import STEM
from nnpp.formats.ase_calculator import Calculator
from nnpp.formats.model import Model, read_model
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.bands import bands
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import START
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints
from nnpp.workflows.fits.basis import Basis, basis_of
from nnpp.workflows.python.bands import CrystalBands
from nnpp.workflows.python.inputs import (
    crystal_from,
    cutoff_from,
    integer_from,
    kpoints_from,
    mesh_text,
    traced,
    width_text,
)

if TYPE_CHECKING:
    from nnpp.setup.cases import Case
    from nnpp.workflows.python.numbers import CrystalDos, CrystalOptics, EdgeNumbers


@dataclass(frozen=True, repr=False)
class Fitted:
    """A fitted potential, as `nnpp.load` returns it.

    A structure is ASE's Atoms, a pymatgen Structure, a `Crystal`, the name of a structure file
    or of a system of the run; None is the only system of the run. A cutoff is a number in
    hartree or text such as "100 eV".

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

    def crystal(self, structure: Any = None) -> Crystal:
        """Return a structure as a crystal [bohr].

        Args:
            structure: see `Fitted`.
        """
        return crystal_from(structure, self.model)

    def basis(self, structure: Any = None, cutoff: Any = None) -> Basis:
        """Return the plane waves of a crystal: those of the fitted system of its composition.

        Args:
            structure: see `Fitted`.
            cutoff: another cutoff [hartree, or text with a unit].

        Returns:
            Cutoff [hartree], rule, and a note on which system they are taken from.
        """
        require_jax()
        atoms = self.crystal(structure)
        return basis_of(self.model, lambda: atoms, cutoff_from(cutoff))

    def system(
        self,
        structure: Any = None,
        kpoints: Any = None,
        cutoff: Any = None,
        points: int = 60,
    ) -> System:
        """Return a crystal in the plane waves that belong to this potential, for `nnpp.levels`.

        Args:
            structure: see `Fitted`.
            kpoints: see `bands`.
            cutoff: another cutoff [hartree, or text with a unit].
            points: approximate number of k-points of a path.
        """
        return self._system(*self._at(structure, kpoints, points, cutoff))

    def bands(
        self,
        structure: Any = None,
        kpoints: Any = None,
        cutoff: Any = None,
        n: Any = None,
        points: int = 60,
        electrons: Any = None,
    ) -> CrystalBands:
        """Return the lowest bands of a crystal.

        Args:
            structure: see `Fitted`.
            kpoints: a path such as "LGXWKG" or "L Γ X U|K Γ", ASE's BandPath, fractional
                coordinates, divisions of a mesh as (4, 4, 4), or KPoints; None for the
                recommended path.
            cutoff: another cutoff [hartree, or text with a unit]; by default that of `basis`.
            n: number of bands; by default the occupied ones and a few more.
            points: approximate number of k-points of a path.
            electrons: valence electrons in the cell; by default the usual ones of its elements.
        """
        atoms, k, basis = self._at(structure, kpoints, points, cutoff)
        count, filled = integer_from(n, "n"), integer_from(electrons, "electrons")
        built = self._system(atoms, k, basis)
        found = bands(self.potential, built, atoms, k, count, filled)
        return CrystalBands(atoms, found, basis)

    def masses(self, structure: Any = None, cutoff: Any = None) -> "EdgeNumbers":
        """Return masses [mₑ] and deformation potentials [eV] at Γ, as in `nnpp report`.

        Args:
            structure: see `Fitted`.
            cutoff: another cutoff [hartree, or text with a unit].
        """
        from nnpp.workflows.python.numbers import masses_of  # loads matplotlib

        return masses_of(self._case(structure, cutoff), self.potential)

    def dos(
        self,
        structure: Any = None,
        mesh: Any = None,
        broaden: Any = None,
        cutoff: Any = None,
    ) -> "CrystalDos":
        """Return the density of states, as `nnpp bands --dos` computes it.

        Args:
            structure: see `Fitted`.
            mesh: divisions of the mesh of k-points, as "12x12x12" or (12, 12, 12).
            broaden: width of Gaussians, as "0.1 eV"; None for linear tetrahedra.
            cutoff: another cutoff [hartree, or text with a unit].
        """
        from nnpp.workflows.python.numbers import dos_of  # loads matplotlib

        return dos_of(
            self._case(structure, cutoff), self.potential, mesh_text(mesh), width_text(broaden)
        )

    def optics(
        self,
        structure: Any = None,
        mesh: Any = None,
        broaden: Any = None,
        to: str = "10 eV",
        levels: Any = None,
        cutoff: Any = None,
    ) -> "CrystalOptics":
        """Return ε₁(ω), ε₂(ω) and absorption, as `nnpp optics` computes them.

        Args:
            structure: see `Fitted`.
            mesh: divisions of the mesh of k-points, as "12x12x12" or (12, 12, 12).
            broaden: width of Gaussians, by default "0.1 eV".
            to: highest photon energy.
            levels: levels at each k-point; by default four empty ones per occupied one.
            cutoff: another cutoff [hartree, or text with a unit].
        """
        from nnpp.workflows.python.numbers import optics_of  # loads matplotlib

        case = self._case(structure, cutoff)
        size, width = mesh_text(mesh), width_text(broaden)
        count = integer_from(levels, "levels")
        return optics_of(case, self.potential, size, width, to, count)

    def plot_potential(self, ax: Any = None) -> Any:
        """Draw v(q) of every element; return the Axes.

        Args:
            ax: matplotlib's Axes to draw into; None for a new figure.
        """
        from nnpp.plotting.axes import plot_potential  # matplotlib is loaded for plots only
        from nnpp.workflows.bands.draw import curves_of_elements

        curves = curves_of_elements(self.potential, self.potential.species, self._name)
        if curves is None:
            raise InputError("a table has no curve v(q)", "plot its entries")
        return plot_potential(curves, ax)

    def _at(
        self, structure: Any, kpoints: Any, points: int, cutoff: Any
    ) -> tuple[Crystal, KPoints, Basis]:
        """Return the crystal, the k-points and the plane waves that a caller names."""
        require_jax()
        start_devices()
        atoms = self.crystal(structure)
        return atoms, kpoints_from(atoms, kpoints, points), self.basis(atoms, cutoff)

    def _case(self, structure: Any, cutoff: Any) -> "Case":
        """Return a crystal as a system of a fit, at Γ."""
        from nnpp.workflows.python.numbers import case_of  # loads matplotlib

        atoms, gamma, basis = self._at(structure, [[0.0, 0.0, 0.0]], 1, cutoff)
        if traced((self.potential, atoms)):
            what = "masses, densities of states and spectra have no derivatives here"
            raise InputError(what, "differentiate levels: `bands`, `nnpp.expansion`")
        return case_of(atoms, gamma, basis, self.potential)

    @property
    def _name(self) -> str:
        """The name of the run, or of the file."""
        file = self.model.path.absolute()
        return file.parent.name if file.stem in (STEM, START) else file.stem

    def _system(self, crystal: Crystal, kpoints: KPoints, basis: Basis) -> System:
        """Return the system; an InputError if a table would lose entries in it."""
        built = system(crystal, kpoints, basis.cutoff, RULES[basis.plane_waves])
        lost = self.potential.local.lost(built.q)
        if lost:
            raise InputError(
                f"no |G−G′| of this crystal is {lost[0]:.6f} bohr⁻¹, so that entry of the "
                "table would be lost",
                "use a potential with v(q) at all lengths",
            )
        return built

    def with_potential(self, potential: Potential) -> "Fitted":
        """Return the same with another potential, whose derivatives JAX can take.

        Args:
            potential: a potential with the same species and leaves.
        """
        return Fitted(replace(self.model, potential=potential))

    def __repr__(self) -> str:
        systems = [str(s.get("name")) for s in self.about.get("systems", [])]
        fitted = f", fitted to {', '.join(systems)}" if systems else ""
        kind = f"{self.potential.local.words} for {', '.join(self.potential.species)}"
        return f"<potential {self._name}: {kind}{fitted}>"


def load(path: str | Path) -> Fitted:
    """Return a fitted potential: of a run, of a file, or one that is shipped with nnpp.

    Args:
        path: the folder of a run, its potential.safetensors, or a name such as "zb-CdSe".
    """
    return Fitted(read_model(Path(path)))


def calculator(
    path: str | Path,
    kpts: Any = (4, 4, 4),
    cutoff: Any = None,
    n: Any = None,
) -> Calculator:
    """Return a calculator of ASE that gives the levels of any atoms.

    Args:
        path: a run, or a file potential.safetensors.
        kpts: divisions of a mesh, or a list of fractional k-points.
        cutoff: kinetic energy cutoff [hartree, or text with a unit]; by default that of
            `Fitted.basis`.
        n: number of levels; by default the occupied ones and a few more.
    """
    fitted = load(path)
    return Calculator(lambda atoms, k: fitted.bands(atoms, k, cutoff, n).levels, kpts)
