"""A potential: form factors and strengths of several species, as one pytree of parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nnpp.errors import InputError
from nnpp.potentials.interface import Form
from nnpp.pytree import pytree, static
from nnpp.terms.term import Term, neutral, term_named, terms

Arrays = Mapping[str, Float[Array, "species *n"] | None]


@jax.tree_util.register_pytree_with_keys_class
class Strengths(Mapping[str, Array]):
    """The strengths of every term by its name, shape (species) or (species, n), as one pytree.

    Its leaves have the order of `terms()`. A term that no species has is absent.
    """

    def __init__(self, arrays: Arrays | None = None, /, **more: Float[Array, "..."] | None):
        given = {n: x for n, x in {**(arrays or {}), **more}.items() if x is not None}
        for name in given:
            term_named(name)
        self._arrays = {t.name: given[t.name] for t in terms() if t.name in given}

    def __getitem__(self, name: str) -> Any:  # an array, or what JAX replaces it by
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def by_term(self) -> list[tuple[Term, Any]]:
        """Return every term that is present, with its strengths."""
        return [(term, self[term.name]) for term in terms() if term.name in self]

    @property
    def spinor(self) -> bool:
        """Whether a term acts on spin, so that a level holds one electron."""
        return any(term.acts_on_spin for term, _ in self.by_term())

    def at(self, columns: Int[Array, " some"]) -> "Strengths":
        """Return the strengths of some species."""
        return jax.tree.map(lambda x: x[columns], self)

    def separable(self) -> "Strengths":
        """Return the strengths of terms that have projectors."""
        return Strengths({term.name: x for term, x in self.by_term() if term.weights})

    def on_v(
        self,
        v: Float[Array, "shell species"],
        q: Float[Array, " shell"],
        dilation: Float[Array, "*species"],
        count: Float[Array, " species"],
    ) -> Float[Array, "shell species"]:
        """Return v_s(q) [hartree·bohr³] with all factors, then with all additions.

        Args:
            v: the form factors at q without them.
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
        """Return leaves with their names, and the names."""
        keys = [(jax.tree_util.GetAttrKey(n), x) for n, x in self._arrays.items()]
        return keys, tuple(self._arrays)

    @classmethod
    def tree_unflatten(cls, names: tuple[str, ...], leaves: Any) -> "Strengths":
        """Return strengths with leaves of any kind, as JAX rebuilds them."""
        self = object.__new__(cls)
        self._arrays = dict(zip(names, leaves, strict=True))
        return self

    def __repr__(self) -> str:
        return f"Strengths({self._arrays})"


@pytree
class Potential:
    """Everything that a fit may change: every leaf is a parameter.

    Attributes:
        local: v_s(q) for all species.
        strengths: strengths of the other terms.
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
        """Return the parts that a fit may train, by name: "local" and every term."""
        return {"local": self.local, **self.strengths}

    def with_parts(self, parts: Mapping[str, Any]) -> "Potential":
        """Return the potential with some of its parts replaced."""
        strengths = {n: parts.get(n, x) for n, x in self.strengths.items()}
        return replace(
            self, local=parts.get("local", self.local), strengths=Strengths(strengths)
        )

    def columns(self, species: tuple[str, ...]) -> Array:
        """Return the index of each of `species` among those of this potential."""
        missing = [s for s in species if s not in self.species]
        if missing:
            known = ", ".join(self.species)
            raise InputError(
                f"the potential has no parameters for {', '.join(missing)}, only for {known}",
                "use a potential that is fitted for them",
            )
        return jnp.array([self.species.index(s) for s in species], int)
