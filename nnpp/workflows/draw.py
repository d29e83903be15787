"""Figures of a run: bands of every system, and the potential of a fit in both spaces."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.io.atomic import write_whole
from nnpp.io.inputs import Fit
from nnpp.plotting.bands import figure_bands
from nnpp.plotting.page import page_bands
from nnpp.plotting.picture import BandPicture
from nnpp.plotting.potential import PotentialCurves, figure_potential
from nnpp.plotting.style import image
from nnpp.potentials.potential import Potential
from nnpp.potentials.real_space import real_space
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.workflows.cases import Case
from nnpp.workflows.choices import Choices
from nnpp.workflows.compare import aligned_reference
from nnpp.workflows.solved import Solved

Q = np.linspace(0.0, 6.0, 301)
"""Lengths at which v(q) is drawn [bohr⁻¹]."""

R = np.linspace(0.0, 10.0, 401)
"""Distances at which v(r) is drawn [bohr]."""


def picture_of(done: Solved, choices: Choices) -> BandPicture:
    """Everything that the figure of one system shows."""
    reference = aligned_reference(done.case, done.bands)
    topless = [
        name
        for name, drawn in (("nnpp", done.bands), ("the reference", reference))
        if drawn is not None and not 0 < drawn.occupied <= drawn.E.shape[1]
    ]
    absolute = choices.zero == "absolute" or bool(topless)
    return BandPicture(
        title=done.case.spec.name,
        bands=done.bands,
        gap=done.gap,
        zero="absolute" if absolute else "vbm",
        reference=reference,
        dos=done.dos,
        notes=tuple(f"the bands of {name} do not reach the valence top" for name in topless),
    )


def draw_bands(
    folder: Path, done: Solved, potential: Potential, choices: Choices
) -> list[Path]:
    """bands.png and bands.pdf, and bands.html where a page is asked for."""
    picture, paths = picture_of(done, choices), []
    if choices.plot:
        figure = figure_bands(picture)
        paths = [write_whole(folder / f"bands.{s}", image(figure, s)) for s in ("png", "pdf")]
    if choices.html:
        page = page_bands(picture, curves_of(potential, [done.case], "Potential"))
        paths.append(write_whole(folder / "bands.html", page))
    return paths


def curves_of(potential: Potential, cases: list[Case], title: str) -> PotentialCurves | None:
    """v(q) and v(r) of every element of the cases; None for a table, which has no curve."""
    if isinstance(potential.local, Table):
        return None
    v_q = np.asarray(potential.local(jnp.asarray(Q)))
    v_r = np.asarray(real_space(potential.local, jnp.asarray(R)))
    used = [s for s in potential.species if any(s in c.crystal.species for c in cases)]
    columns = {s: potential.species.index(s) for s in used}
    return PotentialCurves(
        q=Q,
        name="Zunger form" if isinstance(potential.local, Zunger) else "network",
        v_q={s: v_q[:, i] for s, i in columns.items()},
        r=R,
        v_r={s: v_r[:, i] for s, i in columns.items()},
        shells={s: _shells(s, cases) for s in used},
        title=title,
    )


def _shells(element: str, cases: list[Case]) -> np.ndarray:
    """Every length |G−G′| at which a crystal with this element asks for its form factor."""
    of = [np.asarray(c.system.q) for c in cases if element in c.crystal.species]
    return np.concatenate(of)


def draw_potential(
    folder: Path, fit: Fit, potential: Potential, cases: list[Case]
) -> list[Path]:
    """potential.png and potential.pdf; nothing for a table."""
    curves = curves_of(potential, cases, fit.name)
    if curves is None:
        return []
    figure = figure_potential(curves)
    return [write_whole(folder / f"potential.{s}", image(figure, s)) for s in ("png", "pdf")]
