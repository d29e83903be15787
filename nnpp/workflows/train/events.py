"""Events of training, for listeners that save, draw and check, and for the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nnpp.fitting.objective import Measured
from nnpp.fitting.training import Progress


@dataclass(frozen=True)
class Begun:
    """A fit starts, or continues after `step`."""

    name: str
    folder: Path
    parameters: int
    residuals: int
    step: int
    steps: int
    progress: Progress = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stepped:
    """A step is done; `numbers` is its line of metrics.jsonl. Listeners save it."""

    name: str
    step: int
    steps: int
    numbers: Mapping[str, float | bool]
    progress: Progress = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """All stages of a fit have ended."""

    name: str
    progress: Progress = field(repr=False)

    @property
    def why(self) -> str:
        """Why the fit ended."""
        return self.progress.course.ended or "all its steps are done"


@dataclass(frozen=True)
class Stopped:
    """A signal stopped the fit after a step that is saved."""

    name: str
    step: int


@dataclass(frozen=True)
class Errors:
    """Root mean square errors over k, of each band [meV].

    Attributes:
        name: of the system.
        fitted_mev: over the k-points of the fit.
        held_mev: over those held out; None if there are none.
        occupied: how many of the bands are occupied.
    """

    name: str
    fitted_mev: Float[np.ndarray, " band"]
    held_mev: Float[np.ndarray, " band"] | None
    occupied: int


@dataclass(frozen=True)
class Trained:
    """A potential is trained.

    Attributes:
        name: of the run.
        folder: of the run.
        why: why training ended.
        step: steps done.
        loss_ev2: the loss [eV²].
        errors: of all bands.
        measured: the evaluation at the best θ.
        progress: the last state.
        paths: files written.
    """

    name: str
    folder: Path
    why: str
    step: int
    loss_ev2: float
    errors: tuple[Errors, ...]
    measured: Measured = field(repr=False)
    progress: Progress = field(repr=False)
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Ensemble:
    """An ensemble is trained or was found.

    Attributes:
        name: of the run.
        members: how many.
        by: what they differ by.
        steps: taken by each.
        gaps_ev: mean and spread of the gap of each system that has one [eV].
        widest_mev: the largest spread of a level [meV].
        seconds: taken to make it.
        paths: files written.
    """

    name: str
    members: int
    by: str
    steps: int
    gaps_ev: Mapping[str, tuple[float, float]]
    widest_mev: float
    seconds: float
    paths: tuple[Path, ...]


Event = Begun | Stepped | Trained | Ensemble | Stopped
"""What `nnpp train` reports."""
