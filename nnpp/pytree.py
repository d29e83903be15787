"""The decorator for state: frozen dataclasses that JAX can trace."""

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

import jax

T = TypeVar("T")


def static(**options: Any) -> Any:
    """Declare a field that is part of the program (a name, a count) and is never traced."""
    return field(metadata={"static": True}, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(static, field))
def pytree(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass whose fields are leaves, except those marked `static()`.

    Unlike `jax.tree_util.register_dataclass`, rebuilding skips `__init__`: JAX rebuilds trees
    with batched shapes, tangents and sentinels, which a shape check in `__init__` would reject.
    """
    cls = dataclass(frozen=True)(cls)
    names = [f.name for f in fields(cls) if not f.metadata.get("static")]  # pyright: ignore[reportArgumentType] -- a dataclass since the line above
    statics = [f.name for f in fields(cls) if f.metadata.get("static")]  # pyright: ignore[reportArgumentType] -- as above

    def flatten_with_keys(tree: T):
        keys = [(jax.tree_util.GetAttrKey(n), getattr(tree, n)) for n in names]
        return keys, tuple(getattr(tree, s) for s in statics)

    def unflatten(auxiliary: tuple, leaves: Any) -> T:
        tree = object.__new__(cls)
        for name, value in zip(names + statics, [*leaves, *auxiliary], strict=True):
            object.__setattr__(tree, name, value)
        return tree

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten)
    return cls
