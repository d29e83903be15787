"""The states near the gap as a table: names, energies, errors, and where they are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

Values = Float[np.ndarray, " state"]

SAME = 1e-5
"""Levels of a multiplet differ by less from one to the next [hartree]."""


@dataclass(frozen=True)
class Levels:
    """States near the gap, those below it first.

    Attributes:
        E: energies, rising [hartree].
        residual: |Hψ − Eψ| [hartree].
        error: bound of the error of E [hartree].
        participation: 1/∫|ψ|⁴ d³r, relative to the volume of the dot.
        surface: part of the state at the sites of the surface, passivants included.
        occupied: number of occupied states of the dot; of spinors, of Kramers pairs.
        valence: number of listed states below the gap.
    """

    E: Values
    residual: Values
    error: Values
    participation: Values
    surface: Values
    occupied: int
    valence: int

    @property
    def homo(self) -> float:
        """Highest occupied level [hartree]."""
        return float(self.E[self.valence - 1])

    @property
    def lumo(self) -> float:
        """Lowest empty level [hartree]."""
        return float(self.E[self.valence])

    @property
    def gap(self) -> float:
        """E(LUMO) − E(HOMO) [hartree]."""
        return self.lumo - self.homo

    @property
    def core(self) -> Values:
        """Part of each state at the sites that are not on the surface."""
        return np.maximum(1 - self.surface, 0.0)

    @property
    def numbers(self) -> Int[np.ndarray, " state"]:
        """Number of each state of the dot, from 1."""
        return self.occupied - self.valence + 1 + np.arange(len(self.E))

    @property
    def names(self) -> tuple[str, ...]:
        """HOMO-7, …, HOMO, LUMO, LUMO+1, …"""
        below = [f"HOMO-{i}" if i else "HOMO" for i in reversed(range(self.valence))]
        above = [f"LUMO+{i}" if i else "LUMO" for i in range(len(self.E) - self.valence)]
        return (*below, *above)

    @property
    def multiplets(self) -> Int[np.ndarray, " state"]:
        """Number of the multiplet of each state, from 1; states below and above are apart."""
        step = np.diff(self.E) > SAME
        step[self.valence - 1] = True
        return 1 + np.concatenate([[0], np.cumsum(step)])

    def within(self, low: float, high: float) -> "Levels":
        """Return the states with low ≤ E ≤ high, and all between them and the gap [hartree]."""
        first = min(int(np.searchsorted(self.E, low)), self.valence - 1)
        after = max(int(np.searchsorted(self.E, high, side="right")), self.valence + 1)
        of = slice(first, after)
        return Levels(
            self.E[of],
            self.residual[of],
            self.error[of],
            self.participation[of],
            self.surface[of],
            self.occupied,
            self.valence - first,
        )
