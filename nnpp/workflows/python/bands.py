"""The bands of a crystal as people use them: in eV, with plot, gap and types of ASE."""

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Array, Float

from nnpp.devices.tracing import concrete, differentiated
from nnpp.errors import InputError
from nnpp.formats.bands_json import BandStructure, band_path, band_structure
from nnpp.formats.structures import formula
from nnpp.observables.bands import Bands
from nnpp.observables.gaps import Gap, gap
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.picture import BandPicture, gap_text
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints
from nnpp.units import HARTREE_EV
from nnpp.workflows.fits.basis import Basis
from nnpp.workflows.python.inputs import traced


@dataclass(frozen=True, repr=False)
class BandGap:
    """The gap over the k-points of some bands.

    Attributes:
        ev: conduction band minimum minus valence band maximum, negative if they overlap [eV];
            JAX differentiates it, a multiplet as its mean.
        direct: whether both are at the same k-point.
        where: where they are, as "direct at Γ" or "indirect, Γ → X".
        vbm_ev: valence band maximum [eV].
        cbm_ev: conduction band minimum [eV].
        at_vbm: index of the k-point of the valence band maximum.
        at_cbm: index of the k-point of the conduction band minimum.
    """

    ev: Any
    direct: bool
    where: str
    vbm_ev: Any
    cbm_ev: Any
    at_vbm: int
    at_cbm: int

    def __float__(self) -> float:
        """Return the gap [eV]."""
        return float(self.ev)

    def __repr__(self) -> str:
        if differentiated(self.ev):
            return self.where
        return f"{self.ev:.3f} eV, {self.where}"


@dataclass(frozen=True, repr=False)
class CrystalBands:
    """The bands of one crystal; `Fitted.bands` returns them.

    Attributes:
        crystal: the atoms.
        levels: the levels [hartree], as `nnpp.bands` returns them.
        basis: the plane waves: cutoff, rule, and which fitted system they are from.
    """

    crystal: Crystal
    levels: Bands
    basis: Basis

    @property
    def E(self) -> Float[Array, "k band"]:
        """The levels in ascending order [hartree]; JAX differentiates them."""
        return self.levels.E

    @property
    def energies_ev(self) -> Float[np.ndarray, "k band"]:
        """The levels in ascending order [eV]."""
        self._refuse_traced("energies_ev")
        return np.asarray(self.E) * HARTREE_EV

    def _refuse_traced(self, what: str) -> None:
        """Raise an InputError for what needs numbers where JAX differentiates the levels."""
        if traced((self.levels, self.crystal)):
            raise InputError(f"{what} is NumPy, without derivatives", "use b.E [hartree]")

    @property
    def kpoints(self) -> KPoints:
        """The k-points with their weights, labels and distances."""
        return self.levels.kpoints

    @property
    def k(self) -> Float[np.ndarray, "k 3"]:
        """The k-points in units of the reciprocal lattice vectors."""
        self._refuse_traced("k")
        return np.asarray(self.kpoints.fractional)

    @property
    def distance(self) -> Float[np.ndarray, " k"]:
        """The distance along the path, for an axis [bohr⁻¹]."""
        return np.asarray(self.kpoints.distance)

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each k-point that is a special point, "" for the others."""
        return self.kpoints.labels

    @property
    def occupied(self) -> int:
        """The number of occupied levels at each k-point."""
        return self.levels.occupied

    @property
    def spinor(self) -> bool:
        """Whether each level holds one electron (spin-orbit) or two."""
        return self.levels.spinor

    @property
    def formula(self) -> str:
        """The reduced chemical formula."""
        return formula(self.crystal)

    @cached_property
    def _edges(self) -> Gap | None:
        """The band edges; None without an occupied or an empty level."""
        return gap(self.levels) if 0 < self.occupied < self.E.shape[1] else None

    @property
    def gap(self) -> BandGap:
        """The gap over the k-points: `b.gap.ev`, `b.gap.direct`, `b.gap.where`.

        Raises:
            InputError: if there is no occupied or no empty level.
        """
        found, fixed = gap(self.levels), concrete(self.levels)
        edges_ev = found.vbm * HARTREE_EV, found.cbm * HARTREE_EV
        picture = BandPicture(self.formula, fixed, gap(fixed))
        text = gap_text(picture, abscissa(fixed.kpoints))[1]
        ends = found.at_vbm, found.at_cbm
        return BandGap(found.width * HARTREE_EV, found.direct, text, *edges_ev, *ends)

    def _picture(self, window: tuple[float, float] | None = None) -> BandPicture:
        """Return what a plot shows, with E = 0 at the valence band maximum if there is one."""
        zero = "absolute" if self._edges is None else "vbm"
        return BandPicture(self.formula, self.levels, self._edges, zero, window_ev=window)

    def plot(self, ax: Any = None, window: tuple[float, float] | None = None) -> Any:
        """Draw the bands [eV] with E = 0 at the valence band maximum.

        Args:
            ax: matplotlib's Axes to draw into; None for a new figure.
            window: lowest and highest energy drawn [eV].

        Returns:
            The Axes; `ax.figure.savefig("bands.pdf")` writes the figure.
        """
        self._refuse_traced("plot()")
        from nnpp.plotting.axes import plot_bands  # matplotlib is loaded for plots only

        return plot_bands(self._picture(window), ax)

    def to_ase(self) -> BandStructure:
        """Return the bands as ASE's BandStructure [eV]."""
        self._refuse_traced("to_ase()")
        return band_structure(self.levels, band_path(self.kpoints, self.crystal))

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row for each k-point, energies [eV] in E1, E2, …

        Raises:
            InputError: if pandas is not installed.
        """
        columns = dict(zip(("k1", "k2", "k3"), self.k.T, strict=True))
        columns |= {"distance": self.distance, "label": list(self.labels)}
        columns |= {f"E{n}": E for n, E in enumerate(self.energies_ev.T, start=1)}
        return data_frame(columns)

    def __repr__(self) -> str:
        count = f"{len(self.kpoints)} k-points, {self.E.shape[1]} bands"
        end = "" if self._edges is None else f", gap {self.gap!r}"
        return f"<bands of {self.formula}: {count}{end}>"


def data_frame(columns: dict[str, Any]) -> Any:
    """Return a pandas DataFrame; an InputError if pandas is not installed."""
    if find_spec("pandas") is None:
        raise InputError("to_frame() needs pandas", "pip install pandas")
    import pandas as pd  # pyright: ignore[reportMissingImports] -- optional

    return pd.DataFrame(columns)
