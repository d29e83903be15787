"""A potential: form factors and strengths of several species, one pytree of parameters."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from nnpp.errors import InputError
from nnpp.potentials.interface import Form
from nnpp.potentials.strengths import Strengths
from nnpp.pytree import pytree, static


@pytree
class Potential:
    """Everything that a fit may change: every leaf is a parameter.

    Attributes:
        local: v_s(q) for all species.
        strengths: of the other terms.
        species: the elements, in the order of every array here.
    """

    local: Form
    strengths: Strengths
    species: tuple[str, ...] = static()

    @property
    def spinor(self) -> bool:
        """Whether a term acts on spin, so that a level holds one electron."""
        return self.strengths.spinor

    def parts(self) -> dict[str, Any]:
        """The parts that a fit may train, by name: "local" and every term with strengths."""
        return {"local": self.local, **self.strengths}

    def with_parts(self, parts: Mapping[str, Any]) -> "Potential":
        """The same potential with other numbers in some of its parts."""
        strengths = {n: parts.get(n, x) for n, x in self.strengths.items()}
        return replace(
            self, local=parts.get("local", self.local), strengths=Strengths(strengths)
        )

    def columns(self, species: tuple[str, ...]) -> Array:
        """The places of `species` among those of this potential."""
        missing = [s for s in species if s not in self.species]
        if missing:
            known = ", ".join(self.species)
            raise InputError(
                f"the potential has no parameters for {', '.join(missing)}, only for {known}",
                "use a potential that is fitted for them",
            )
        return jnp.array([self.species.index(s) for s in species])
