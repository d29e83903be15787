"""A potential: form factors and strengths of several species, one pytree of parameters."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.potentials.strengths import Strengths
from nnpp.pytree import pytree, static

FormFactors = Callable[[Float[Array, " q"]], Float[Array, "q species"]]


@pytree
class Potential:
    """Everything that a fit may change: every leaf is a parameter.

    Attributes:
        local: v_s(q) for all species: Zunger, Table or Neural.
        strengths: of the other terms.
        species: the elements, in the order of every array here.
    """

    local: FormFactors
    strengths: Strengths
    species: tuple[str, ...] = static()

    def columns(self, species: tuple[str, ...]) -> Array:
        """The places of `species` among those of this potential."""
        missing = [s for s in species if s not in self.species]
        if missing:
            known = ", ".join(self.species)
            raise InputError(
                f"the potential has no parameters for {', '.join(missing)}",
                f"add them, or use only {known}",
            )
        return jnp.array([self.species.index(s) for s in species])
