"""Reference bands: levels as a file gives them, with their k-points, crystal and origin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nnpp.config.values import MAX_COMPONENT
from nnpp.errors import InputError
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import jumps_in, names_at

SAME_CELL = 1e-3
"""Relative difference up to which cells, or lengths of a path, belong to one crystal."""

JUMP = 1e-8
"""A step of the path that is shorter than this although k changes is a jump [bohr⁻¹]."""


MASSES = {
    "electron": "electron_mass",
    "heavy_hole": "heavy_hole_mass",
    "light_hole": "light_hole_mass",
}
"""Names of masses in a file, and the quantities they are."""


FUNCTIONALS = {
    "gllbsc": "GLLB-SC",
    "tb09": "TB09",
    "tran and blaha": "TB09",
    "perdew-burke-ernzerhof": "PBE",
}
"""Short names of functionals that files write in full, by a part of their text."""

LONGEST = 20
"""Longer names of functionals are not part of a name in a figure [characters]."""


@dataclass(frozen=True)
class ReferenceBands:
    """Levels at k-points.

    Attributes:
        path: the file they come from.
        k: fractional coordinates, (k, 3).
        E: levels, (k, band) [hartree].
        labels: names of special points, "" elsewhere.
        distance: distance along the path [bohr⁻¹].
        weights: weight of each k-point in a fit.
        cell: lattice vectors of the crystal [bohr].
        crystal: the crystal with its atoms.
        spinor: whether a level holds one electron, not two.
        occupied: number of full levels at each k.
        fermi: Fermi energy or valence band top, as the file names it [hartree].
        masses: effective masses along x at Γ, by the values of `MASSES` [mₑ].
        provenance: the program, its version, the functional and other facts.
        notes: warnings for the user.

    Everything from `labels` to `fermi` is None if the file does not give it.
    """

    path: Path
    k: np.ndarray
    E: np.ndarray
    labels: tuple[str, ...] | None = None
    distance: np.ndarray | None = None
    weights: np.ndarray | None = None
    cell: np.ndarray | None = None
    crystal: Crystal | None = None
    spinor: bool | None = None
    occupied: int | None = None
    fermi: float | None = None
    masses: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.k.shape != (len(self.E), 3) or self.E.ndim != 2 or not self.E.size:
            raise InputError(
                f"levels {self.E.shape} do not match k-points {self.k.shape}",
                "give every k-point its levels",
                self.path,
            )
        if not (np.isfinite(self.k).all() and np.isfinite(self.E).all()):
            raise InputError("a number is not finite", "write finite numbers", self.path)
        if (np.abs(self.k) > MAX_COMPONENT).any():
            first = int(np.argmax((np.abs(self.k) > MAX_COMPONENT).any(1))) + 1
            raise InputError(
                f"k-point {first} lies far outside the cell",
                "write fractional coordinates of the reciprocal lattice",
                self.path,
            )

    @property
    def name(self) -> str:
        """Program and functional as in a legend, e.g. "GPAW GLLB-SC"; "" if not recorded."""
        program = re.split(r"[\s,]+v?\d", self.provenance.get("program", ""))[0].strip()
        written = self.provenance.get("functional", "")
        short = (name for part, name in FUNCTIONALS.items() if part in written.lower())
        functional = next(short, written.partition(",")[0].strip())
        known = (program, functional if len(functional) <= LONGEST else "")
        return " ".join(filter(None, known)) if program else ""

    @property
    def rising(self) -> bool:
        """Whether the levels at every k are in ascending order."""
        return bool(np.all(np.diff(self.E, axis=1) >= -1e-9))

    def kpoints(self, crystal: Crystal) -> KPoints:
        """Return the k-points with names and the jumps of their path.

        Names and jumps that the file does not give follow from the symmetry of the crystal.
        """
        labels = names_at(crystal, self.k) if self.labels is None else self.labels
        if self.distance is None:
            jumps = jumps_in(crystal, self.k, labels)
        else:
            still = np.abs(np.diff(self.distance)) < JUMP
            moved = np.abs(np.diff(self.k, axis=0)).max(axis=1, initial=0.0) > JUMP
            jumps = tuple(int(i) + 1 for i in np.flatnonzero(still & moved))
        return listed(crystal, self.k, labels=labels, jumps=jumps)

    def thinned(self, take: str | int, crystal: Crystal) -> "ReferenceBands":
        """Return the bands at a part of the k-points.

        Args:
            take: "all", "named", or n for the named and every n-th k-point.
            crystal: the crystal, which gives the names.
        """
        if take == "all":
            return self
        labels = self.kpoints(crystal).labels
        kept = np.array([bool(name) for name in labels])
        if isinstance(take, int):
            kept[::take] = True
        if not kept.any():
            raise InputError("the k-points have no names", "write take: 2, or all", self.path)
        return replace(
            self,
            k=self.k[kept],
            E=self.E[kept],
            labels=tuple(name for name, k in zip(labels, kept, strict=True) if k),
            distance=None if self.distance is None else self.distance[kept],
            weights=None if self.weights is None else self.weights[kept],
        )

    def warnings_for(self, crystal: Crystal) -> tuple[str, ...]:
        """Return warnings if the path does not match a crystal; raise if the cell does not."""
        if self.cell is not None:
            ours, theirs = (np.asarray(a) @ np.asarray(a).T for a in (crystal.cell, self.cell))
            if np.abs(ours - theirs).max() > SAME_CELL * np.abs(ours).max():
                raise InputError(
                    "holds the bands of another crystal: its cell differs",
                    "give bands of this crystal",
                    self.path,
                )
        if self.distance is not None and self.distance[-1] > 0:
            ratio = float(self.kpoints(crystal).distance[-1]) / self.distance[-1]
            if abs(ratio - 1) > SAME_CELL:
                return (
                    f"{self.path.name}: the path is {1 / ratio:.3f} times as long as in this "
                    "crystal; check that these are the bands of this crystal",
                )
        return ()
