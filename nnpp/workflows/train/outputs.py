"""Listeners of training: check that levels are complete, write the potential and figures."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.devices.recorder import Listener
from nnpp.eigensolvers.dense import dense
from nnpp.files.atomic import write_atomic
from nnpp.files.tensors import STEM
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.targets.levels import BandsTarget, bands_among
from nnpp.fitting.targets.spectrum import Levels, Spectrum
from nnpp.formats.model import write_model
from nnpp.observables.bands import Bands
from nnpp.observables.completeness import complete
from nnpp.plotting.errors import BandErrors, figure_errors
from nnpp.plotting.history import History, figure_history
from nnpp.plotting.style import image
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import before_and_after, draw_potential
from nnpp.workflows.train.events import Errors, Stepped, Trained
from nnpp.workflows.train.run import Run

EVERY = 10
"""Steps between two checks for missed levels."""


def check_levels(run: Run) -> Listener:
    """Return a listener that raises an InputError if an iterative solver missed a level.

    At the end at every k-point; every tenth step at one k-point of each system, another each
    time. It runs before a step is saved.
    """

    def check(event: Any) -> None:
        match event:
            case Stepped(progress=progress) if progress.at_best:
                turn, other = divmod(event.step, EVERY)
                if not other:
                    state = progress.state
                    refuse_missed_levels(run.objective, state.best, state.measured, turn)
            case Trained(measured=measured):
                refuse_missed_levels(run.objective, event.progress.state.best, measured)

    return check


def refuse_missed_levels(
    objective: Objective, theta: Theta, measured: Measured, turn: int | None = None
) -> None:
    """Raise an InputError if levels are missing, at every k-point or at the `turn`-th alone.

    `turn` is counted modulo the number of k-points.
    """
    on_one = jnp.asarray(np.asarray(theta))  # numbers on all devices would be counted on all
    potential = objective.parameters.put(on_one)
    for source, E in zip(objective.sources, measured.y, strict=True):
        if isinstance(source, Spectrum) and source.solve is not dense:
            solved = source.at_distinct(E)
            which = None if turn is None else [turn % len(solved)]
            complete(solved, potential, source.system, which)


def errors_by_band(objective: Objective, measured: Measured) -> tuple[Errors, ...]:
    """Return the errors of all systems that have reference bands."""
    pairs = zip(objective.sources, measured.y, strict=True)
    spectra = [(s, E) for s, E in pairs if isinstance(s, Spectrum)]
    return tuple(e for s, E in spectra if (e := _errors(s, E)) is not None)


def _errors(spectrum: Spectrum, E: Levels) -> Errors | None:
    """Return the errors of one system."""
    bands, held = spectrum.bands(E), bands_among(spectrum.held)
    fitted = spectrum.reference
    if fitted is None:
        return None
    return Errors(
        spectrum.name,
        _rms_mev(fitted, bands),
        None if held is None else _rms_mev(held, bands),
        spectrum.occupied * (2 if fitted.doubled else 1),
    )


def _rms_mev(target: BandsTarget, bands: Bands) -> Float[np.ndarray, " band"]:
    """Return the errors over the k-points that have a weight [meV]."""
    error = np.asarray(target.error(bands))[target.seen] * HARTREE_EV * 1e3
    return np.sqrt(np.mean(error**2, axis=0))


def write_outputs(run: Run) -> Listener:
    """Return a listener that writes potential.*, history.* and errors.* of a trained run."""

    def write(event: Any) -> list[Path] | None:
        if not isinstance(event, Trained):
            return None
        folder = run.folder.path
        potential = run.objective.parameters.put(event.progress.state.best)
        paths = write_model(folder / STEM, potential, run.about | {"loss_ev2": event.loss_ev2})
        curves = before_and_after(run.start, potential, run.cases, run.fit.name)
        paths += draw_potential(folder, curves)
        return paths + _history(run) + _draw_errors(run, event.errors)

    return write


def _history(run: Run) -> list[Path]:
    """Draw history.png and .pdf; nothing before the first step."""
    lines = run.folder.metrics()
    if not lines:
        return []

    def column(name: str) -> np.ndarray | None:
        """Return the values under a name; None if no line has it."""
        values = [line.get(name, np.nan) for line in lines]
        return np.array(values, float) if any(name in line for line in lines) else None

    accepted, eased = column("accepted"), column("eased")
    history = History(
        step=np.array([line["step"] for line in lines]),
        loss_ev2=np.array([line.get("loss_ev2", np.nan) for line in lines], float),
        holdout_ev2=column("holdout_ev2"),
        damping=column("damping"),
        accepted=None if accepted is None else ~(accepted == 0),
        seconds=column("seconds"),
        eased=None if eased is None else eased == 1,
        title=run.fit.name,
    )
    return _images(run, "history", figure_history(history))


def _draw_errors(run: Run, errors: tuple[Errors, ...]) -> list[Path]:
    """Draw errors.png and .pdf; nothing without reference bands."""
    if not errors:
        return []
    drawn = [BandErrors(e.name, e.fitted_mev, e.held_mev, e.occupied) for e in errors]
    return _images(run, "errors", figure_errors(drawn, run.fit.name))


def _images(run: Run, stem: str, figure: Any) -> list[Path]:
    """Write a figure as .png and .pdf."""
    folder = run.folder.path
    return [write_atomic(folder / f"{stem}.{s}", image(figure, s)) for s in ("png", "pdf")]
