"""θ: the trained parts of a potential as one vector."""

from dataclasses import replace

from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static

STRENGTHS = {
    "spin_orbit": "spin_orbit",
    "nonlocal": "nonlocal_",
    "s_wave": "s_wave",
    "charge": "charge",
    "strain": "strain",
}
"""Trainable parts beside the form factors, and their fields in `Strengths`."""


@pytree
class Parameters:
    """Which numbers of a potential move; the others stay as they are.

    Attributes:
        potential: where the fit starts.
        train: the parts that move: "local", and the names of strengths.
    """

    potential: Potential
    train: tuple[str, ...] = static()

    def start(self) -> Float[Array, " parameter"]:
        """θ of the potential as it stands."""
        return ravel_pytree(self.moving())[0]

    def put(self, theta: Float[Array, " parameter"]) -> Potential:
        """The potential with the moving numbers taken from θ."""
        moved = ravel_pytree(self.moving())[1](theta)
        local = moved.pop("local", self.potential.local)
        fields = {STRENGTHS[part]: value for part, value in moved.items()}
        strengths = replace(self.potential.strengths, **fields)
        return Potential(local, strengths, self.potential.species)

    def moving(self) -> dict:
        """The trained parts by name."""
        strengths = self.potential.strengths
        parts = {p: getattr(strengths, STRENGTHS[p]) for p in self.train if p in STRENGTHS}
        return parts | ({"local": self.potential.local} if "local" in self.train else {})
