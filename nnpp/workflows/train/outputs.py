"""What training leaves: the potential, the course of the fit, and the error of every band."""

from pathlib import Path

import numpy as np

from nnpp.files.atomic import write_atomic
from nnpp.files.tensors import STEM
from nnpp.fitting.method import Theta
from nnpp.formats.model import write_model
from nnpp.plotting.errors import BandErrors, figure_errors
from nnpp.plotting.history import History, figure_history
from nnpp.plotting.style import image
from nnpp.runs.folder import metrics_of
from nnpp.workflows.bands.draw import before_and_after, draw_potential
from nnpp.workflows.train.errors_by_band import Errors
from nnpp.workflows.train.run import Run


def write_trained(
    run: Run, theta: Theta, loss_ev2: float, errors: tuple[Errors, ...]
) -> list[Path]:
    """potential.safetensors, .json and figures, history, errors; the paths written."""
    potential = run.objective.parameters.put(theta)
    about = run.about | {"loss_ev2": loss_ev2}
    paths = write_model(run.folder / STEM, potential, about)
    curves = before_and_after(run.start, potential, run.cases, run.fit.name)
    paths += draw_potential(run.folder, curves)
    return paths + _history(run) + _errors(run, errors)


def _history(run: Run) -> list[Path]:
    """history.png and .pdf; nothing before the first step."""
    lines = metrics_of(run.folder)
    if not lines:
        return []

    def column(name: str) -> np.ndarray | None:
        """What every line says under a name; None where none does."""
        values = [line.get(name, np.nan) for line in lines]
        return np.array(values, float) if any(name in line for line in lines) else None

    accepted = column("accepted")
    history = History(
        step=np.array([line["step"] for line in lines]),
        loss_ev2=np.array([line.get("loss_ev2", np.nan) for line in lines], float),
        holdout_ev2=column("holdout_ev2"),
        damping=column("damping"),
        accepted=None if accepted is None else ~(accepted == 0),
        seconds=column("seconds"),
        eased=None if (eased := column("eased")) is None else eased == 1,
        title=run.fit.name,
    )
    figure = figure_history(history)
    return [write_atomic(run.folder / f"history.{s}", image(figure, s)) for s in ("png", "pdf")]


def _errors(run: Run, errors: tuple[Errors, ...]) -> list[Path]:
    """errors.png and .pdf; nothing without reference bands."""
    if not errors:
        return []
    drawn = [BandErrors(e.name, e.fitted_mev, e.held_mev, e.occupied) for e in errors]
    figure = figure_errors(drawn, run.fit.name)
    return [write_atomic(run.folder / f"errors.{s}", image(figure, s)) for s in ("png", "pdf")]
