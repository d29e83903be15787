"""Numbers that describe the band edges at Γ: Kane's energy, and how edges follow the volume.

The conduction edge is one level and the valence edge three levels; with spin-orbit coupling
they are a pair and the four levels of Γ8.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Array, Float

from nnpp.hamiltonian.bulk import System, at_shells
from nnpp.observables.deformation import by_volume, strain_derivative
from nnpp.observables.kdotp import kane_energy, velocity
from nnpp.potentials.potential import Potential

Number = Float[Array, ""]


@dataclass(frozen=True)
class Edges:
    """The band edges among the levels at Γ, as ranges: first level, first level after them.

    Attributes:
        occupied: number of full levels.
        spinor: whether a level holds one electron.
    """

    occupied: int
    spinor: bool

    @property
    def conduction(self) -> tuple[int, int]:
        """The conduction edge."""
        return self.occupied, self.occupied + (2 if self.spinor else 1)

    @property
    def valence(self) -> tuple[int, int]:
        """The valence edge."""
        return self.occupied - (4 if self.spinor else 3), self.occupied

    @property
    def p_like(self) -> tuple[int, int]:
        """Γ15, which spin-orbit coupling splits into Γ8 and Γ7."""
        return self.occupied - (6 if self.spinor else 3), self.occupied


@dataclass(frozen=True)
class Measure:
    """A number at Γ as a function of the potential and the plane waves at Γ."""

    of: Callable[[Edges, Potential, System], Number]
    edges: Edges

    def __call__(self, potential: Potential, system: System) -> Float[Array, " 1"]:
        """Return the number."""
        return self.of(self.edges, potential, system)[None]


def kane(edges: Edges, potential: Potential, system: System) -> Number:
    """Return Kane's energy E_P [hartree]."""
    at = velocity(at_shells(potential, system), system)
    return kane_energy(at, edges.conduction, edges.p_like)


def conduction_by_volume(edges: Edges, potential: Potential, system: System) -> Number:
    """Return dE_c/d ln Ω [hartree]."""
    return by_volume(strain_derivative(potential, system), *edges.conduction)


def valence_by_volume(edges: Edges, potential: Potential, system: System) -> Number:
    """Return dE_v/d ln Ω [hartree]."""
    return by_volume(strain_derivative(potential, system), *edges.valence)


def gap_by_volume(edges: Edges, potential: Potential, system: System) -> Number:
    """Return dE_g/d ln Ω [hartree]."""
    at = strain_derivative(potential, system)
    return by_volume(at, *edges.conduction) - by_volume(at, *edges.valence)
