"""`tune` of a fit.yaml: how many trials, and which of its numbers they vary, how far.

Ranges of the network are those of README's table of features and somewhat more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, model_validator

from nnpp.config.section import Count, Section, problem
from nnpp.errors import suggest

Value = int | float | str


@dataclass(frozen=True)
class Dimension:
    """A number, or a word, that trials vary.

    Attributes:
        low: the lowest.
        high: the highest.
        log: whether numbers are drawn evenly by their logarithm.
        whole: whether they are whole.
        words: what a word may be; none for a number.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = True
    whole: bool = False
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words."""
        if self.words:
            return " | ".join(self.words)
        return f"{self.low:g} … {self.high:g}" + (", by logarithm" if self.log else "")

    def suggest(self, value: Value) -> Value:
        """The value it takes that is nearest: within the range, to three figures."""
        if self.words:
            return value if value in self.words else self.words[0]
        within = min(max(float(f"{float(value):.3g}"), self.low), self.high)
        return round(within) if self.whole else within


LAYERS, WIDTH = "potential.network.hidden.layers", "potential.network.hidden.width"
SIZE, CURVATURE = "fit.priors.size", "fit.priors.curvature"
DAMPING, EDGES = "fit.damping", "systems.weights.edges"

TABLE = {
    LAYERS: Dimension(1.0, 3.0, log=False, whole=True),
    WIDTH: Dimension(8.0, 40.0, whole=True),
    "potential.network.activation": Dimension(words=("tanh", "silu")),
    "potential.network.features.width": Dimension(0.1, 0.6),
    "potential.network.features.spacing": Dimension(0.1, 0.5),
    "potential.envelope.sigma": Dimension(1.5, 4.0),
    SIZE: Dimension(1e-4, 1e-1),
    CURVATURE: Dimension(1e-7, 1e-4),
    DAMPING: Dimension(1e-6, 1e-1),
    EDGES: Dimension(1.0, 100.0),
}
"""What may be varied, by its keys in fit.yaml, and how far where nothing is said.

`layers` and `width` make up the list `hidden`; `edges` is the weight of the highest full and
the lowest empty band in `weights.bands` of every system.
"""

RANGE = "write its lowest and its highest value: [low, high]"


class Tuning(Section):
    """A search for better settings, `nnpp tune`."""

    trials: Count = Field(default=40, description="Trials in all.")
    space: dict[str, tuple[Any, ...]] = Field(
        default={},
        description="What is varied, and only that: [low, high] or words, by dotted key.",
        json_schema_extra={"propertyNames": {"enum": list(TABLE)}},
    )

    @model_validator(mode="after")
    def _in_table(self) -> "Tuning":
        """Every key is in the table, and its range can be drawn from."""
        for key, limits in self.space.items():
            _narrowed(key, limits)
        return self

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """What is varied; nothing if the fit does not say."""
        return {key: _narrowed(key, limits) for key, limits in self.space.items()}


def _narrowed(key: str, limits: Sequence[Any]) -> Dimension:
    """The dimension of this key with limits of the fit's own."""
    if key not in TABLE:
        raise problem(f"{key!r:.60} is not varied", suggest(key, TABLE), "space", key)
    dimension = TABLE[key]
    if dimension.words:
        words = tuple(word for word in dimension.words if word in limits)
        if not 1 < len(words) == len(limits):
            remedy = f"write two or more of {', '.join(dimension.words)}"
            raise problem(f"{key}: no words to choose from", remedy, "space", key)
        return replace(dimension, words=words)
    if not _rising(limits, int if dimension.whole else int | float):
        kind = "whole numbers" if dimension.whole else "numbers"
        raise problem(f"{key}: not two rising {kind} above 0", RANGE, "space", key)
    return replace(dimension, low=float(limits[0]), high=float(limits[1]))


def _rising(limits: Sequence[Any], kind: Any) -> bool:
    """Whether they are two positive, finite numbers of a kind, the first below the second."""
    numbers = [x for x in limits if isinstance(x, kind) and not isinstance(x, bool)]
    return len(limits) == len(numbers) == 2 and 0 < numbers[0] < numbers[1] < math.inf
