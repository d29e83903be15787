"""A film of a fit: a listener that stores one frame per step, and draws them at the end.

Frames are stored in files, so that the film of a resumed fit is complete.
"""

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.fitting.targets.levels import bands_among
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.plotting.movie import Frame, movie
from nnpp.plotting.picture import BandPicture
from nnpp.runs.folder import FRAMES
from nnpp.setup.compare import aligned_reference
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import Q, curves_of, without_valence_top
from nnpp.workflows.train.events import Begun, Stepped, Trained
from nnpp.workflows.train.run import Run

MOST = 60
"""Largest number of frames of a film; those of a longer fit are thinned out evenly."""


class Film:
    """Draws a film of a run as gif or mp4; does nothing if no kind is given."""

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
                return self._drawn()
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
        return (f"no pictures of the first {step} steps were kept; --fresh draws them all",)

    def _drawn(self) -> tuple[Path, ...]:
        """Draw the film of every system."""
        kept = sorted(self.frames.glob("*.npz"))
        if not kept:
            return ()
        every = np.unique(np.linspace(0, len(kept) - 1, min(MOST, len(kept))).astype(int))
        frames = [dict(np.load(kept[i], allow_pickle=False)) for i in every]
        sources = enumerate(self.run.objective.sources)
        spectra = [(i, s) for i, s in sources if isinstance(s, Spectrum)]
        return tuple(path for i, s in spectra for path in self._film(i, s, frames))

    def _film(self, i: int, spectrum: Spectrum, frames: list[dict]) -> tuple[Path, ...]:
        """Draw the film of one system; none for a table, which has no curve."""
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
