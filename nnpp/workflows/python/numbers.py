"""Masses, densities of states and spectra as people use them, computed as the verbs do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from nnpp.config.systems import System as SystemSpec
from nnpp.errors import InputError, suggest
from nnpp.formats.structures import formula
from nnpp.observables.dos import Dos
from nnpp.observables.reports import QUANTITIES
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints
from nnpp.units import HARTREE_EV, PER_CM
from nnpp.workflows.bands.options import Choices, light
from nnpp.workflows.bands.options import choices as choices_of
from nnpp.workflows.bands.solve import density_of_states
from nnpp.workflows.fits.basis import Basis
from nnpp.workflows.optics import OpticsOptions, Spectra, on_mesh, spectra, texts
from nnpp.workflows.python.bands import data_frame
from nnpp.workflows.report.potential import notes_on_states, of_states, why_no_states

MASSES = ("electron_mass", "heavy_hole_mass", "light_hole_mass")
"""The masses among the quantities."""


def case_of(crystal: Crystal, kpoints: KPoints, basis: Basis, potential: Potential) -> Case:
    """Return a crystal as a system of a fit, which the verbs compute."""
    x = np.asarray(crystal.fractional).tolist()
    inline = {
        "scale": "1 bohr",
        "cell": np.asarray(crystal.cell).tolist(),
        "atoms": [(s, *at) for s, at in zip(crystal.symbols, x, strict=True)],
    }
    spec = SystemSpec.model_validate(
        {
            "name": formula(crystal),
            "structure": inline,
            "cutoff": f"{basis.cutoff!r} hartree",
            "plane_waves": basis.plane_waves,
            "kpoints": {"path": "auto"},
        }
    )
    return Case(spec, crystal, kpoints, None, potential.spinor, ())


@dataclass(frozen=True, repr=False)
class EdgeNumbers(Mapping[str, float]):
    """Masses [mₑ] and deformation potentials [eV] of the band edges at Γ.

    A mapping from the names of the quantities to their values: `m["electron_mass"]`.

    Attributes:
        formula: the reduced chemical formula.
        values_by_name: the values.
        notes: what they are, and why others are missing.
    """

    formula: str
    values_by_name: Mapping[str, float]
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> float:
        if name not in self.values_by_name:
            raise InputError(f"no {name} is known here", suggest(name, self.values_by_name))
        return self.values_by_name[name]

    def __iter__(self):
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.values_by_name

    @property
    def electron(self) -> float:
        """The electron mass at Γ [mₑ]."""
        return self["electron_mass"]

    @property
    def heavy_hole(self) -> float:
        """The mass of the heavy hole along 100 [mₑ]."""
        return self["heavy_hole_mass"]

    @property
    def light_hole(self) -> float:
        """The mass of the light hole along 100 [mₑ]."""
        return self["light_hole_mass"]

    def __repr__(self) -> str:
        names = [name for name in self if name in MASSES] or list(self)
        parts = (f"{QUANTITIES[n][0]} {self[n]:.3f} {QUANTITIES[n][1]}".strip() for n in names)
        return f"<{self.formula} at Γ: {', '.join(parts) or 'no masses'}>"


def masses_of(case: Case, potential: Potential) -> EdgeNumbers:
    """Return masses and deformation potentials, as `nnpp report` computes them."""
    why = why_no_states(case)
    if why:
        raise InputError(why, "use a smaller cell or a lower cutoff")
    found = of_states(case, potential)
    ordered = {name: found[name] for name in QUANTITIES if name in found}
    return EdgeNumbers(case.spec.name, ordered, tuple(notes_on_states(case, potential, found)))


@dataclass(frozen=True, repr=False)
class CrystalDos:
    """The density of states of a crystal.

    Attributes:
        formula: the reduced chemical formula.
        dos: the density of states, energies in hartree.
        vbm: the highest occupied level of the mesh [hartree].
    """

    formula: str
    dos: Dos
    vbm: float

    @property
    def energies_ev(self) -> Float[np.ndarray, " E"]:
        """The energies, absolute [eV]."""
        return self.dos.energy * HARTREE_EV

    @property
    def density(self) -> Float[np.ndarray, " E"]:
        """States per electronvolt and cell, both spins counted."""
        return self.dos.density / HARTREE_EV

    @property
    def elements(self) -> dict[str, Float[np.ndarray, " E"]]:
        """For each element the density within spheres about its atoms [1/eV]."""
        return {name: part / HARTREE_EV for name, part in self.dos.atoms.items()}

    def plot(self, ax: Any = None) -> Any:
        """Draw the density of states against E − E_VBM [eV]; return the Axes.

        Args:
            ax: matplotlib's Axes to draw into; None for a new figure.
        """
        from nnpp.plotting.axes import plot_dos  # matplotlib is loaded for plots only

        return plot_dos(self.dos, self.vbm, self.formula, ax)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: energy_ev, density, and a column for each element."""
        columns = {"energy_ev": self.energies_ev, "density": self.density}
        return data_frame(columns | self.elements)

    def __repr__(self) -> str:
        low, high = self.energies_ev[[0, -1]]
        count = f"{len(self.dos.energy)} energies from {low:.2f} to {high:.2f} eV"
        return f"<density of states of {self.formula}: {count}>"


def dos_of(
    case: Case, potential: Potential, mesh: str | None, broaden: str | None
) -> CrystalDos:
    """Return the density of states, as `nnpp bands --dos` computes it."""
    asked: Choices = choices_of(mesh=mesh, broaden=broaden, dos=True)
    found, levels = density_of_states(case, potential, asked)
    vbm = float(np.asarray(levels.E)[:, : levels.occupied].max())
    return CrystalDos(case.spec.name, found, vbm)


@dataclass(frozen=True, repr=False)
class CrystalOptics:
    """Optical spectra of a crystal; independent electrons, no excitons.

    Attributes:
        formula: the reduced chemical formula.
        spectra: the spectra on the mesh and on every second point of it, in hartree.
        top: the highest energy drawn [hartree].
        summary: the main results as text.
    """

    formula: str
    spectra: Spectra
    top: float
    summary: tuple[str, ...]

    @property
    def energies_ev(self) -> Float[np.ndarray, " E"]:
        """The photon energies [eV]."""
        return self.spectra.fine.energy * HARTREE_EV

    @property
    def real(self) -> Float[np.ndarray, "E 3 3"]:
        """ε₁(ω)."""
        return self.spectra.fine.real

    @property
    def imaginary(self) -> Float[np.ndarray, "E 3 3"]:
        """ε₂(ω)."""
        return self.spectra.fine.imaginary

    @property
    def absorption(self) -> Float[np.ndarray, " E"]:
        """The absorption coefficient of the mean over directions [cm⁻¹]."""
        return self.spectra.fine.absorption * PER_CM

    def plot(self, ax: Any = None) -> Any:
        """Draw ε₂ and ε₁, averaged over directions; return the Axes.

        Args:
            ax: matplotlib's Axes to draw into; None for a new figure.
        """
        from nnpp.plotting.axes import plot_optics  # matplotlib is loaded for plots only

        return plot_optics(self.spectra.fine, self.top, self.formula, ax)

    def __repr__(self) -> str:
        return f"<spectra of {self.formula}: {self.summary[0]}>"


def optics_of(
    case: Case,
    potential: Potential,
    mesh: str | None,
    broaden: str | None,
    to: str,
    levels: int | None,
) -> CrystalOptics:
    """Return the spectra, as `nnpp optics` computes them."""
    size, width, top = light(mesh, broaden, to)
    asked = OpticsOptions(size, width, top, levels)
    found = spectra(on_mesh(case, asked), potential, asked)
    shown = min(top, found.end)
    return CrystalOptics(case.spec.name, found, shown, texts(found, case, asked))
