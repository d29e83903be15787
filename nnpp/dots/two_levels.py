"""What the search for states near a gap needs of a Hamiltonian, and its callbacks."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from jaxtyping import Array, Float

from nnpp.hamiltonian.interface import LinearOperator

Report = Callable[[str, int, int, float], None]
"""report(stage, done, of, residual [hartree])."""

Saved = Mapping[str, np.ndarray]
"""What a calculation continues from."""

Checkpoint = Callable[[Saved], None]
"""checkpoint(saved)."""

Keep = Callable[[Mapping[str, Array]], None]
"""keep(new): some of it is new. Arrays stay on their device unless they are saved."""


class TwoLevels(LinearOperator, Protocol):
    """An operator between functions whose first rows are a coarser level."""

    @property
    def T(self) -> Float[Array, " row"]:
        """Kinetic energy of each row [hartree]."""
        ...

    @property
    def V(self) -> Float[Array, "x y z"]:
        """Local potential at the points of the box [hartree]."""
        ...

    @property
    def rows(self) -> int:
        """Rows of a block of functions."""
        ...

    @property
    def parts(self) -> int:
        """1 without spin, 4 for spinors."""
        ...

    @property
    def cutoff(self) -> float:
        """½|G|² of the longest plane wave [hartree]."""
        ...

    @property
    def upper(self) -> Float[Array, ""]:
        """An upper bound of the spectrum [hartree]."""
        ...

    def coarse(self, cutoff: float, factor: float = 1.26) -> "TwoLevels":
        """Return the operator between the first rows, those below a cutoff [hartree]."""
        ...
