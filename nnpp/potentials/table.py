"""Table: v(q_j) = v_j at the lengths listed, zero at every other.

For form factors known at a few shells only, such as those of Cohen and Bergstresser,
Phys. Rev. 141, 789 (1966), doi:10.1103/PhysRev.141.789.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nnpp.errors import InputError
from nnpp.pytree import pytree, static

SAME_LENGTH = 1e-6
"""A length meets an entry of the table when they agree to this, relative to the entry."""


@pytree
class Table:
    """Form factors at listed lengths, for several species.

    Attributes:
        q: the lengths [bohr⁻¹].
        v: the form factors there [hartree·bohr³].
    """

    q: tuple[float, ...] = static()
    v: Float[Array, "entry species"]

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """v_s(q) [hartree·bohr³]."""
        return self._meets(q) @ self.v

    def _meets(self, q: Float[Array, " q"]) -> Bool[Array, "q entry"]:
        """Which lengths meet which entries."""
        entries = jnp.asarray(self.q)
        return jnp.abs(q[:, None] - entries) <= SAME_LENGTH * jnp.maximum(entries, 1e-3)

    def unmet(self, q: Float[Array, " q"]) -> tuple[float, ...]:
        """Entries that none of the lengths q meets: their form factors would be lost unseen."""
        met = jnp.any(self._meets(q), axis=0)
        return tuple(x for x, m in zip(self.q, met.tolist(), strict=True) if not m)


def refuse_table(local: Any, what: str) -> None:
    """Raise an InputError if v(q) is a table, as `what` needs it at other lengths."""
    if isinstance(local, Table):
        raise InputError(
            f"{what} needs v(q) at lengths that a table does not have",
            "use a form or a network, or remove the target",
        )
