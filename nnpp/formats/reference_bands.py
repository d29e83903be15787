"""Reference bands: levels as a file gives them, and all that it says of their origin."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nnpp.config.kpoints import MAX_COMPONENT
from nnpp.errors import InputError
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.path_labels import jumps_in, names_at

SAME_CELL = 1e-3
"""Cells, or lengths of a path, that agree to this relative accuracy are of one crystal."""

STANDSTILL = 1e-8
"""A step of the path shorter than this, though k moves, is a jump [bohr⁻¹]."""


@dataclass(frozen=True)
class ReferenceBands:
    """Levels at k-points.

    Attributes:
        path: the file they come from.
        k: fractional coordinates, (k, 3).
        E: levels, (k, band) [hartree].
        labels: names of special points, "" elsewhere.
        distance: along the path, if the file says [bohr⁻¹].
        weights: of each k-point in a fit, if the file says.
        cell: lattice vectors of the crystal they are of, if the file says [bohr].
        crystal: that crystal with its atoms, if the file says.
        spinor: whether a level holds one electron, not two, if the file says.
        occupied: full levels at each k, if the file says.
        fermi: what the file calls its Fermi energy or valence band top, if it does [hartree].
        provenance: the program, its version, the functional, and the like.
        notes: remarks for whoever reads the log.
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
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.k.shape != (len(self.E), 3) or self.E.ndim != 2 or not self.E.size:
            raise InputError(
                f"levels {self.E.shape} do not go with k-points {self.k.shape}",
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
    def rising(self) -> bool:
        """Whether the levels at every k stand in rising order."""
        return bool(np.all(np.diff(self.E, axis=1) >= -1e-9))

    def kpoints(self, crystal: Crystal) -> KPoints:
        """The k-points in the zone of a crystal, with names, and the jumps of their path.

        What the file does not say is told from where the k-points lie.
        """
        labels = names_at(crystal, self.k) if self.labels is None else self.labels
        if self.distance is None:
            jumps = jumps_in(crystal, self.k, labels)
        else:
            still = np.abs(np.diff(self.distance)) < STANDSTILL
            moved = np.abs(np.diff(self.k, axis=0)).max(axis=1, initial=0.0) > STANDSTILL
            jumps = tuple(int(i) + 1 for i in np.flatnonzero(still & moved))
        return listed(crystal, self.k, labels=labels, jumps=jumps)

    def thinned(self, take: str | int, crystal: Crystal) -> "ReferenceBands":
        """All k-points, those that are "named", or these and each `take`-th."""
        if take == "all":
            return self
        labels = self.kpoints(crystal).labels
        kept = np.array([bool(name) for name in labels])
        if isinstance(take, int):
            kept[::take] = True
        if not kept.any():
            raise InputError("its k-points have no names", "write take: 2, or all", self.path)
        return replace(
            self,
            k=self.k[kept],
            E=self.E[kept],
            labels=tuple(name for name, k in zip(labels, kept, strict=True) if k),
            distance=None if self.distance is None else self.distance[kept],
            weights=None if self.weights is None else self.weights[kept],
        )

    def about(self, crystal: Crystal) -> tuple[str, ...]:
        """What does not fit the crystal that these levels are taken for; another is refused."""
        if self.cell is not None:
            ours, theirs = (np.asarray(a) @ np.asarray(a).T for a in (crystal.cell, self.cell))
            if np.abs(ours - theirs).max() > SAME_CELL * np.abs(ours).max():
                raise InputError(
                    "holds the bands of another crystal: its cell differs",
                    "name bands of this crystal",
                    self.path,
                )
        if self.distance is not None and self.distance[-1] > 0:
            ratio = float(self.kpoints(crystal).distance[-1]) / self.distance[-1]
            if abs(ratio - 1) > SAME_CELL:
                return (
                    f"{self.path.name}: its path is {1 / ratio:.3f} times as long as in this "
                    "crystal: are these the bands of another one?",
                )
        return ()
