"""θ: the trained parts of a model as one vector."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from nnpp.pytree import pytree, static


@runtime_checkable
class Model(Protocol):
    """A pytree with named parts; a plain dict of subtrees is a model as well."""

    def parts(self) -> Mapping[str, Any]:
        """Return the parts that a fit may train, by name."""
        ...

    def with_parts(self, parts: Mapping[str, Any], /) -> Any:
        """Return the model with other values in some of its parts."""
        ...


def parts_of(model: Any) -> Mapping[str, Any]:
    """Return the named parts of a model."""
    return model if isinstance(model, Mapping) else model.parts()


def with_parts(model: Any, parts: Mapping[str, Any]) -> Any:
    """Return a model with other values in some of its parts."""
    return {**model, **parts} if isinstance(model, Mapping) else model.with_parts(parts)


@pytree
class Parameters:
    """A model, and which of its parts a fit trains; the others keep their values.

    Attributes:
        model: where the fit starts.
        train: names of the trained parts.
    """

    model: Any
    train: tuple[str, ...] = static()

    def start(self) -> Float[Array, " parameter"]:
        """Return θ of the model; its parts are in the order of their sorted names."""
        return ravel_pytree(self.moving())[0]

    def put(self, theta: Float[Array, " parameter"]) -> Any:
        """Return the model with the trained parts taken from θ."""
        return with_parts(self.model, ravel_pytree(self.moving())[1](theta))

    def moving(self) -> dict[str, Any]:
        """Return the trained parts by name."""
        return {name: x for name, x in parts_of(self.model).items() if name in self.train}
