"""What happens while a run is trained, for whoever tells it to the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnpp.workflows.train.errors_by_band import Errors


@dataclass(frozen=True)
class Begun:
    """A run is about to be trained, or to go on after `step`."""

    name: str
    folder: Path
    parameters: int
    residuals: int
    step: int
    steps: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Stepped:
    """A step is done and saved; `numbers` is its line of metrics.jsonl."""

    name: str
    step: int
    steps: int
    numbers: Mapping[str, float | bool]


@dataclass(frozen=True)
class Trained:
    """A run is trained: why it ended, how far its bands are off, and what was written."""

    name: str
    folder: Path
    why: str
    step: int
    loss_ev2: float
    errors: tuple[Errors, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Ensemble:
    """An ensemble is made or found: what its members tell, and what was written.

    Attributes:
        name: of the run.
        members: how many.
        by: what they differ by.
        steps: that each took.
        gaps_ev: mean and spread of the gap of each system that has one [eV].
        widest_mev: the largest spread of a level [meV].
        seconds: that it took to make.
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


@dataclass(frozen=True)
class Stopped:
    """A signal ended the training after a step that is saved."""

    name: str
    step: int


Event = Begun | Stepped | Trained | Ensemble | Stopped
