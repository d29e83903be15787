"""A film of a fit: one picture kept for each step, drawn when the fit is over.

Pictures are kept in files, so that a fit that was stopped and resumed still shows all of it.
"""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.fitting.spectrum import Spectrum
from nnpp.fitting.targets.bands import bands_among
from nnpp.observables.bands import Bands
from nnpp.plotting.movie import Frame, movie
from nnpp.plotting.picture import BandPicture
from nnpp.runs.folder import FRAMES
from nnpp.setup.compare import aligned_reference
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import Q, curves_of, without_valence_top
from nnpp.workflows.train.run import Run

MOST = 60
"""Pictures that a film holds; a longer fit is thinned out evenly when it is drawn."""


class Film:
    """Pictures of a run, to become a film of the given kind; none where no kind is given."""

    def __init__(self, run: Run, kind: str | None):
        self.run, self.kind = run, kind

    def add(self, step: int, state: Any) -> None:
        """Keep the picture of one step."""
        if not self.kind:
            return
        v = self.run.objective.parameters.put(state.best).local(jnp.asarray(Q))
        data = io.BytesIO()
        loss = float(state.lowest) * HARTREE_EV**2
        bands = {f"y{i}": np.asarray(y) for i, y in enumerate(state.measured.y)}
        kept: dict[str, Any] = {"step": step, "loss": loss, "v": np.asarray(v), **bands}
        np.savez(data, **kept)
        write_atomic(self.run.folder / FRAMES / f"{step:08d}.npz", data.getvalue())

    def lacks(self, step: int) -> tuple[str, ...]:
        """What is not in it, where a fit goes on."""
        if not self.kind or not step or any((self.run.folder / FRAMES).glob("*.npz")):
            return ()
        return (f"no pictures of the first {step} steps were kept; --fresh draws them all",)

    def drawn(self) -> tuple[Path, ...]:
        """The film of every system."""
        if not self.kind:
            return ()
        kept = sorted((self.run.folder / FRAMES).glob("*.npz"))
        if not kept:
            return ()
        every = np.unique(np.linspace(0, len(kept) - 1, min(MOST, len(kept))).astype(int))
        frames = [dict(np.load(kept[i], allow_pickle=False)) for i in every]
        sources = enumerate(self.run.objective.sources)
        spectra = [(i, s) for i, s in sources if isinstance(s, Spectrum)]
        return tuple(path for i, s in spectra for path in self._film(i, s, frames))

    def _film(self, i: int, spectrum: Spectrum, frames: list[dict]) -> tuple[Path, ...]:
        """The film of one system; none for a table, which has no curve."""
        run = self.run
        case = next(c for c in run.cases if c.spec.name == spectrum.name)
        start = curves_of(run.start, [case], run.fit.name)
        if start is None:
            return ()
        last = Bands(
            spectrum.kpoints,
            jnp.asarray(frames[-1][f"y{i}"]),
            spectrum.occupied,
            spectrum.spinor,
        )
        reference, held_out = aligned_reference(case, last), bands_among(spectrum.held)
        picture = BandPicture(
            title=spectrum.name,
            bands=last,
            zero="absolute" if without_valence_top(last, reference) else "vbm",
            reference=reference,
            not_fitted=None if held_out is None else held_out.seen,
        )
        path = run.folder / spectrum.name / f"fit.{self.kind}"
        pictures = [self._frame(i, frame) for frame in frames]
        with atomic_path(path) as temporary:
            movie(temporary, picture, replace(start, start=start), pictures)
        return (path,)

    def _frame(self, i: int, kept: dict) -> Frame:
        """One picture."""
        v = {s: kept["v"][:, j] for j, s in enumerate(self.run.start.species)}
        E = np.asarray(kept[f"y{i}"]) * HARTREE_EV
        return Frame(int(kept["step"]), float(kept["loss"]), E, v)
