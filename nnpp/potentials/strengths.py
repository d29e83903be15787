"""Strengths: the numbers of each species for every term that it adds to v_s(q)."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
from jaxtyping import Array, Float, Int

from nnpp.terms.term import Term, neutral, term_named, terms

Arrays = Mapping[str, Float[Array, "species *n"] | None]


@jax.tree_util.register_pytree_with_keys_class
class Strengths(Mapping[str, Array]):
    """Strengths by the name of their term, shape (species) or (species, n), as one pytree.

    Its leaves have the order of `terms()`. A term that no species has is absent.
    """

    def __init__(self, arrays: Arrays | None = None, /, **more: Float[Array, "..."] | None):
        given = {n: x for n, x in {**(arrays or {}), **more}.items() if x is not None}
        for name in given:
            term_named(name)
        self._arrays = {t.name: given[t.name] for t in terms() if t.name in given}

    def __getitem__(self, name: str) -> Any:  # an array, or what JAX puts in its place
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def by_term(self) -> list[tuple[Term, Any]]:
        """Every term that is there, with its strengths."""
        return [(term, self[term.name]) for term in terms() if term.name in self]

    @property
    def spinor(self) -> bool:
        """Whether a term acts on spin, so that a level holds one electron."""
        return any(term.acts_on_spin for term, _ in self.by_term())

    def at(self, columns: Int[Array, " some"]) -> "Strengths":
        """The strengths of some species."""
        return jax.tree.map(lambda x: x[columns], self)

    def separable(self) -> "Strengths":
        """Those of terms that have projectors."""
        return Strengths({term.name: x for term, x in self.by_term() if term.weights})

    def on_v(
        self,
        v: Float[Array, "shell species"],
        q: Float[Array, " shell"],
        dilation: Float[Array, "*species"],
        count: Float[Array, " species"],
    ) -> Float[Array, "shell species"]:
        """v_s(q) [hartree·bohr³] with all factors, then with all additions.

        Args:
            v: the bare form factors at q.
            q: lengths [bohr⁻¹].
            dilation: Ω/Ω₀ − 1 of the crystal, or of each species.
            count: atoms of each species in the cell.
        """
        for term, a in self.by_term():
            if term.factor is not None:
                v = v * term.factor(a, dilation)
        for term, a in self.by_term():
            if term.addition is not None:
                v = v + term.addition(q, neutral(a, count) if term.neutral else a)
        return v

    def tree_flatten_with_keys(self) -> Any:
        """Leaves with their names, and the names."""
        keys = [(jax.tree_util.GetAttrKey(n), x) for n, x in self._arrays.items()]
        return keys, tuple(self._arrays)

    @classmethod
    def tree_unflatten(cls, names: tuple[str, ...], leaves: Any) -> "Strengths":
        """Strengths from leaves of any kind, as JAX rebuilds them."""
        self = object.__new__(cls)
        self._arrays = dict(zip(names, leaves, strict=True))
        return self

    def __repr__(self) -> str:
        return f"Strengths({self._arrays})"
