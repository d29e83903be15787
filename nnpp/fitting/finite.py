"""NaN and infinity: found at once, and named after the source that they came from."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.errors import NnppError
from nnpp.fitting.objective import Measured, Objective

STOPS = "the fit stops here, and nothing of this step is saved"


def refuse_unsound(objective: Objective, state: Any) -> None:
    """Raise if any number of a method's state is NaN or infinite, naming where it came from."""
    if _finite(state):
        return
    trees = jax.tree.leaves(state, is_leaf=lambda x: isinstance(x, Measured))
    for measured in (x for x in trees if isinstance(x, Measured)):
        for what in ("losses", "held"):
            for name, loss in zip(objective.names, getattr(measured, what), strict=True):
                if not _finite(loss):
                    held = "held-out " if what == "held" else ""
                    raise NnppError(f"{name}: the {held}loss is {float(loss)}: {STOPS}")
    for source in objective.sources:
        y, slopes = source.linear(objective.parameters, state.best)
        if not _finite((y, slopes, jax.jacobian(source.residuals)(y))):
            raise NnppError(f"{source.name}: its derivatives are not finite: {STOPS}")
    raise NnppError(f"the step proposed by the method is not finite: {STOPS}")


def _finite(tree: Any) -> bool:
    """Whether every number of a tree is finite."""
    numbers = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return all(bool(np.isfinite(np.asarray(x)).all()) for x in numbers)
