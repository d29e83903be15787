"""The section `tune` of a fit.yaml: the number of trials, and the ranges of hyperparameters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, model_validator

from nnpp.config.values import Count, Section, problem
from nnpp.errors import suggest

Value = int | float | str


@dataclass(frozen=True)
class Dimension:
    """A hyperparameter: a number in a range, or one of several words.

    Attributes:
        low: lowest value.
        high: highest value.
        log: whether values are uniform on a logarithmic scale.
        integer: whether values are integers.
        words: possible words; empty for a number.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = True
    integer: bool = False
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the range as text."""
        if self.words:
            return " | ".join(self.words)
        return f"{self.low:g} … {self.high:g}" + (", by logarithm" if self.log else "")

    def nearest(self, value: Value) -> Value:
        """Return the nearest allowed value: within the range, to three digits."""
        if self.words:
            return value if value in self.words else self.words[0]
        within = min(max(float(f"{float(value):.3g}"), self.low), self.high)
        return round(within) if self.integer else within


LAYERS, WIDTH = "potential.network.hidden.layers", "potential.network.hidden.width"
SIZE, CURVATURE = "fit.priors.size", "fit.priors.curvature"
DAMPING, EDGES = "fit.damping", "systems.weights.edges"

TABLE = {
    LAYERS: Dimension(1.0, 3.0, log=False, integer=True),
    WIDTH: Dimension(8.0, 40.0, integer=True),
    "potential.network.activation": Dimension(words=("tanh", "silu")),
    "potential.network.features.width": Dimension(0.1, 0.6),
    "potential.network.features.spacing": Dimension(0.1, 0.5),
    "potential.envelope.sigma": Dimension(1.5, 4.0),
    SIZE: Dimension(1e-4, 1e-1),
    CURVATURE: Dimension(1e-7, 1e-4),
    DAMPING: Dimension(1e-6, 1e-1),
    EDGES: Dimension(1.0, 100.0),
}
"""All hyperparameters by their keys in fit.yaml, with their default ranges.

`layers` and `width` give the list `hidden`; `edges` is the weight of the highest full and the
lowest empty band in `weights.bands` of every system.
"""

RANGE = "write the lowest and the highest value: [low, high]"


class Tuning(Section):
    """A search for better hyperparameters, `nnpp tune`."""

    trials: Count = Field(default=40, description="Number of trials.")
    space: dict[str, tuple[Any, ...]] = Field(
        default={},
        description="The hyperparameters that are varied: [low, high] or words, by dotted key.",
        json_schema_extra={"propertyNames": {"enum": list(TABLE)}},
    )

    @model_validator(mode="after")
    def _in_table(self) -> "Tuning":
        """Check that every key is in the table and has a valid range."""
        for key, limits in self.space.items():
            _narrowed(key, limits)
        return self

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """The hyperparameters that are varied; empty if the fit does not give any."""
        return {key: _narrowed(key, limits) for key, limits in self.space.items()}


def _narrowed(key: str, limits: Sequence[Any]) -> Dimension:
    """Return the dimension of this key with the limits of the fit."""
    if key not in TABLE:
        raise problem(f"{key!r:.60} cannot be varied", suggest(key, TABLE), "space", key)
    dimension = TABLE[key]
    if dimension.words:
        words = tuple(word for word in dimension.words if word in limits)
        if not 1 < len(words) == len(limits):
            remedy = f"write two or more of {', '.join(dimension.words)}"
            raise problem(f"{key}: needs at least two known words", remedy, "space", key)
        return replace(dimension, words=words)
    if not _ascending(limits, int if dimension.integer else int | float):
        kind = "integers" if dimension.integer else "numbers"
        raise problem(f"{key}: needs two ascending {kind} above 0", RANGE, "space", key)
    return replace(dimension, low=float(limits[0]), high=float(limits[1]))


def _ascending(limits: Sequence[Any], kind: Any) -> bool:
    """Return whether these are two positive, finite, ascending numbers of a type."""
    numbers = [x for x in limits if isinstance(x, kind) and not isinstance(x, bool)]
    return len(limits) == len(numbers) == 2 and 0 < numbers[0] < numbers[1] < math.inf
