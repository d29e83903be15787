"""Plot the bands of a system, and the potential of a fit in q and r."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.files.atomic import write_atomic
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.observables.bands import Bands
from nnpp.plotting.bands import figure_bands
from nnpp.plotting.fat import figure_fat
from nnpp.plotting.page import page_bands
from nnpp.plotting.picture import BandPicture, full_window_ev, valence_top
from nnpp.plotting.potential import PotentialCurves, figure_potential
from nnpp.plotting.style import PLAIN, Print, image
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.potential import Potential
from nnpp.potentials.real_space import real_space
from nnpp.setup.cases import Case
from nnpp.setup.compare import aligned_reference
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import Solved

SHIFT_EV = 1e-3
"""Smaller shifts of the reference are not mentioned."""

Q = np.linspace(0.0, 6.0, 301)
"""Wave numbers at which v(q) is plotted [bohr⁻¹]."""

R = np.linspace(0.0, 10.0, 401)
"""Distances at which v(r) is plotted [bohr]."""


def picture_of(done: Solved, choices: Choices) -> BandPicture:
    """Return everything that the figure of one system shows."""
    reference = aligned_reference(done.case, done.bands)
    missing = without_valence_top(done.bands, reference)
    absolute = choices.zero == "absolute" or bool(missing)
    file = None if done.case.reference is None else done.case.reference.file
    picture = BandPicture(
        title=done.case.spec.name,
        bands=done.bands,
        gap=done.gap,
        zero="absolute" if absolute else "vbm",
        reference=reference,
        dos=done.dos,
        window_ev=None if choices.window == "full" else choices.window,
        spread=_spread(done, "absolute" if absolute else "vbm"),
        not_fitted=done.unseen,
        notes=(
            *(f"the bands of {name} do not reach the valence band maximum" for name in missing),
            *(() if absolute or reference is None else _shifted(done.bands, reference)),
        ),
        reference_name=(file and file.name) or "reference",
    )
    return (
        replace(picture, window_ev=full_window_ev(picture))
        if choices.window == "full"
        else picture
    )


def without_valence_top(bands: Bands, reference: Bands | None) -> list[str]:
    """Return the names of bands without valence band maximum, which cannot be the zero."""
    both = (("nnpp", bands), ("the reference", reference))
    return [n for n, b in both if b is not None and not 0 < b.occupied <= b.E.shape[1]]


def _spread(done: Solved, zero: str) -> Float[np.ndarray, "k band"] | None:
    """Return the spread of the levels, each member relative to its own zero [hartree].

    Levels without a target were not computed by the members, and are NaN.
    """
    if done.members is None:
        return None
    E, v = done.members.E, done.bands.occupied
    if zero == "vbm" and v > E.shape[2]:
        return None
    if zero == "vbm":
        E = E - E[:, :, :v].max(axis=(1, 2), keepdims=True)
    spread, n = np.full(done.bands.E.shape, np.nan), min(E.shape[2], done.bands.E.shape[1])
    spread[:, :n] = E.std(axis=0, ddof=1)[:, :n]
    return spread


def _shifted(bands: Bands, reference: Bands) -> tuple[str, ...]:
    """Return a note on the shift that aligns the valence band maximum of the reference."""
    shift = (valence_top(bands) - valence_top(reference)) * HARTREE_EV
    return (f"reference shifted by {shift:+.3f} eV",) if abs(shift) > SHIFT_EV else ()


def weights_of(done: Solved, choices: Choices) -> dict[str, Float[np.ndarray, "k band"]]:
    """Return the weights of the states that are drawn, by name; nothing without any."""
    if done.weights is None:
        return {}
    if choices.fat == "sp":
        return {f"share of {wave} waves": w for wave, w in done.weights.of_waves.items()}
    return {f"share of {element}": w for element, w in done.weights.of_elements.items()}


def print_of(choices: Choices) -> Print:
    """Return how the figures are printed."""
    names = {"width": "width", "font": "font", "colours": "colours", "formats": "kinds"}
    given = {kind: getattr(choices, name) for name, kind in names.items()}
    return Print(**{kind: value for kind, value in given.items() if value is not None})


def draw_bands(
    folder: Path, done: Solved, potential: Potential, choices: Choices
) -> list[Path]:
    """Write bands.png and bands.pdf, and bands.html if requested; return their paths."""
    picture, paths = picture_of(done, choices), []
    if choices.plot:
        of = print_of(choices)
        weights = weights_of(done, choices)
        figure = figure_fat(picture, weights, of) if weights else figure_bands(picture, of)
        paths = write_figure(folder / "bands", figure, of)
    if choices.html:
        page = page_bands(picture, curves_of(potential, [done.case], "Potential"))
        paths.append(write_atomic(folder / "bands.html", page))
    return paths


def curves_of(
    potential: Potential, cases: list[Case], title: str, form: Potential | None = None
) -> PotentialCurves | None:
    """Return v(q) and v(r) of every element of the cases; None for a table, which has no curve.

    The reference is included: the form built into a network, or the `form` given.
    """
    used = [s for s in potential.species if any(s in c.crystal.species for c in cases)]
    curves = curves_of_elements(potential, used, title, form)
    return curves and replace(curves, shells={s: _shells(s, cases) for s in used})


def curves_of_elements(
    potential: Potential, elements: Sequence[str], title: str, form: Potential | None = None
) -> PotentialCurves | None:
    """Return v(q) and v(r) of elements, without lengths of crystals; see `curves_of`."""
    if potential.local.lengths is not None:
        return None
    columns = {s: potential.species.index(s) for s in elements}
    local = potential.local
    curves = _curves(local.words, local, columns)
    reference = local.reference_form() or (form and form.local)
    if reference is not None:
        of_reference = _curves(reference.words, reference, columns)
        curves = replace(curves, reference=of_reference)
    return replace(curves, title=title)


def _curves(name: str, v: FormFactors, columns: dict[str, int]) -> PotentialCurves:
    """Return the curves of the elements in these columns of v."""
    v_q, v_r = np.asarray(v(jnp.asarray(Q))), np.asarray(real_space(v, jnp.asarray(R)))
    of_q, of_r = ({s: x[:, i] for s, i in columns.items()} for x in (v_q, v_r))
    return PotentialCurves(q=Q, v_q=of_q, r=R, v_r=of_r, name=name)


def _shells(element: str, cases: list[Case]) -> np.ndarray:
    """Return every length |G−G′| at which the crystals evaluate this form factor."""
    of = [np.asarray(c.system.q) for c in cases if element in c.crystal.species]
    return np.concatenate(of)


def before_and_after(
    start: Potential, potential: Potential, cases: list[Case], title: str
) -> PotentialCurves | None:
    """Return the curves of a potential, with those that its fit started from."""
    curves, first = (curves_of(p, cases, title) for p in (potential, start))
    if curves is None or first is None:
        return curves
    return replace(curves, start=replace(first, name="before the fit"))


def with_spread(
    curves: PotentialCurves | None, ensemble: StoredEnsemble | None
) -> PotentialCurves | None:
    """Return the curves with the spread of an ensemble."""
    if curves is None or ensemble is None or ensemble.curves is None:
        return curves
    known = ensemble.curves
    columns = {s: ensemble.about["species"].index(s) for s in curves.v_q}
    spread_q, spread_r = (
        {s: spread[:, i] for s, i in columns.items()}
        for spread in (known.v_q_spread, known.v_r_spread)
    )
    return replace(curves, spread_q=spread_q, spread_r=spread_r)


def draw_potential(
    folder: Path,
    curves: PotentialCurves | None,
    stem: str = "potential",
    of: Print = PLAIN,
) -> list[Path]:
    """Write <stem>.png and <stem>.pdf; return no path for a table, which has no curve."""
    if curves is None:
        return []
    return write_figure(folder / stem, figure_potential(curves, of), of)


def write_figure(stem: Path, figure: Any, of: Print = PLAIN) -> list[Path]:
    """Write a figure as <stem>.png and <stem>.pdf, or in the formats of `of`; return paths."""
    return [write_atomic(Path(f"{stem}.{s}"), image(figure, s, of.scale)) for s in of.kinds]
