"""Listeners of training: check the levels, write the potential, figures and a film."""

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.devices.recorder import Listener
from nnpp.eigensolvers.dense import dense
from nnpp.errors import InputError
from nnpp.files.arrays import read_npz
from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.files.tensors import STEM
from nnpp.files.text import exists
from nnpp.fitting.method import Theta
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.targets.levels import BandsTarget, bands_among
from nnpp.fitting.targets.spectrum import Levels, Spectrum
from nnpp.formats.model import write_model
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import level_errors
from nnpp.observables.completeness import complete
from nnpp.plotting.errors import BandErrors, figure_errors
from nnpp.plotting.history import figure_history, history_of
from nnpp.plotting.movie import Frame, movie
from nnpp.plotting.picture import BandPicture
from nnpp.runs.folder import FRAMES, METRICS
from nnpp.runs.outputs import record
from nnpp.setup.compare import aligned_reference
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import (
    Q,
    before_and_after,
    curves_of,
    draw_potential,
    without_valence_top,
    write_figure,
)
from nnpp.workflows.train.loop import Begun, Errors, Stepped, Trained
from nnpp.workflows.train.run import Run

EVERY = 10
"""Steps between two checks for missed levels."""

MOST = 60
"""Largest number of frames of a film; those of a longer fit are thinned out evenly."""


def check_levels(run: Run) -> Listener:
    """Return a listener that raises an InputError if an iterative solver missed a level.

    At the end all k-points are checked; at every tenth step one k-point of each system, a
    different one each time. The check precedes saving the step.
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
    """Raise an InputError if levels are missing at any k-point, or at number `turn` only.

    `turn` is taken modulo the number of k-points.
    """
    on_one = jnp.asarray(np.asarray(theta))  # a θ on all devices would be counted on all
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
    occupied = spectrum.occupied * (2 if fitted.doubled else 1)
    sides = {"fitted": fitted} | ({} if held is None else {"held out": held})
    pair = 1 + (spectrum.spinor or fitted.doubled)
    return Errors(
        spectrum.name,
        {
            side: level_errors(target.error(bands), target.weights > 0, occupied, pair)
            for side, target in sides.items()
        },
        _rms_mev(fitted, bands),
        None if held is None else _rms_mev(held, bands),
        occupied,
    )


def _rms_mev(target: BandsTarget, bands: Bands) -> Float[np.ndarray, " band"]:
    """Return the errors over the k-points that have a weight [meV]."""
    error = np.asarray(target.error(bands))[target.seen] * HARTREE_EV * 1e3
    return np.sqrt(np.mean(error**2, axis=0))


def write_outputs(run: Run) -> Listener:
    """Return a listener that writes potential.*, history.* and errors.* of a trained run.

    They are recorded in outputs.json, together with the metrics and frames of all steps.
    """

    def write(event: Any) -> tuple[Path, ...] | None:
        if not isinstance(event, Trained):
            return None
        folder = run.folder.path
        potential = run.objective.parameters.put(event.progress.state.best)
        paths = write_model(folder / STEM, potential, run.about | {"loss_ev2": event.loss_ev2})
        curves = before_and_after(run.start, potential, run.cases, run.fit.name)
        paths += draw_potential(folder, curves)
        paths += _history(run) + _draw_errors(run, event.errors)
        steps = (folder / METRICS, *(folder / FRAMES).glob("*.npz"))
        record(folder, filter(exists, steps), "train")
        return record(folder, paths, "train", potential)

    return write


def _history(run: Run) -> list[Path]:
    """Draw history.png and .pdf; do nothing before the first step."""
    history = history_of(run.folder.metrics(), run.fit.name)
    if history is None:
        return []
    return write_figure(run.folder.path / "history", figure_history(history))


def _draw_errors(run: Run, errors: tuple[Errors, ...]) -> list[Path]:
    """Draw errors.png and .pdf; do nothing without reference bands."""
    if not errors:
        return []
    drawn = [BandErrors(e.name, e.fitted_mev, e.held_mev, e.occupied) for e in errors]
    return write_figure(run.folder.path / "errors", figure_errors(drawn, run.fit.name))


class Film:
    """A listener that draws a film of a run as gif or mp4; without a kind it does nothing.

    It stores one frame per step in a file, so that the film of a resumed fit is complete.
    """

    def __init__(self, run: Run, kind: str | None):
        self.run, self.kind, self.frames = run, kind, run.folder.path / FRAMES

    def __call__(self, event: Any) -> Iterable[Any] | None:
        """Handle one event of training."""
        match event:
            case _ if not self.kind:
                return None
            case Begun():
                return self._missing(event.step)
            case Stepped():
                self._add(event.step, event.progress.state)
            case Trained():
                return self._drawn(event.progress.state.best)
        return None

    def _add(self, step: int, state: Any) -> None:
        """Store the frame of one step."""
        v = self.run.objective.parameters.put(state.best).local(jnp.asarray(Q))
        data = io.BytesIO()
        loss = float(state.lowest) * HARTREE_EV**2
        bands = {f"y{i}": np.asarray(y) for i, y in enumerate(state.measured.y)}
        kept: dict[str, Any] = {"step": step, "loss": loss, "v": np.asarray(v), **bands}
        np.savez(data, **kept)
        write_atomic(self.frames / f"{step:08d}.npz", data.getvalue())

    def _missing(self, step: int) -> tuple[str, ...]:
        """Return a note if a resumed fit has no frames of its first steps."""
        if not step or any(self.frames.glob("*.npz")):
            return ()
        return (f"no frames of the first {step} steps are stored; --fresh makes all of them",)

    def _drawn(self, theta: Theta) -> tuple[str | Path, ...]:
        """Draw the film of every system; return notes on damaged frames, and the films.

        The films are recorded as those of the potential with the parameters θ.
        """
        kept = sorted(self.frames.glob("*.npz"))
        every = np.unique(np.linspace(0, len(kept) - 1, min(MOST, len(kept))).astype(int))
        frames, notes = [], []
        for path in (kept[i] for i in every):
            try:
                frames.append(read_npz(path))
            except InputError as error:
                notes.append(f"{FRAMES}/{path.name} {error.what}; the film is without it")
        sources = enumerate(self.run.objective.sources) if frames else ()
        spectra = [(i, s) for i, s in sources if isinstance(s, Spectrum)]
        films = [path for i, s in spectra for path in self._film(i, s, frames)]
        potential = self.run.objective.parameters.put(theta)
        return *notes, *record(self.run.folder.path, films, "train", potential)

    def _film(self, i: int, spectrum: Spectrum, frames: list[dict]) -> tuple[Path, ...]:
        """Draw the film of one system; return no path for a table, which has no curve."""
        run = self.run
        case = next(c for c in run.cases if c.spec.name == spectrum.name)
        start = curves_of(run.start, [case], run.fit.name)
        if start is None:
            return ()
        last = spectrum.bands(jnp.asarray(frames[-1][f"y{i}"]))
        reference, held_out = aligned_reference(case, last), bands_among(spectrum.held)
        picture = BandPicture(
            title=spectrum.name,
            bands=last,
            zero="absolute" if without_valence_top(last, reference) else "vbm",
            reference=reference,
            not_fitted=None if held_out is None else held_out.seen,
        )
        path = run.folder.path / spectrum.name / f"fit.{self.kind}"
        pictures = [self._frame(i, frame) for frame in frames]
        with atomic_path(path) as temporary:
            movie(temporary, picture, replace(start, start=start), pictures)
        return (path,)

    def _frame(self, i: int, kept: dict) -> Frame:
        """Return one frame."""
        v = {s: kept["v"][:, j] for j, s in enumerate(self.run.start.species)}
        E = np.asarray(kept[f"y{i}"]) * HARTREE_EV
        return Frame(int(kept["step"]), float(kept["loss"]), E, v)
