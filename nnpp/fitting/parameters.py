"""θ: the trained parts of a potential as one vector."""

from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static


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
        return self.potential.with_parts(ravel_pytree(self.moving())[1](theta))

    def moving(self) -> dict:
        """The trained parts by name."""
        return {name: x for name, x in self.potential.parts().items() if name in self.train}
