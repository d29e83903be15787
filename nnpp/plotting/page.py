"""HTML pages that open without a network: one band structure, or everything about a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nnpp.files.templates import render
from nnpp.observables.bands import Bands
from nnpp.observables.gaps import Gap, gap
from nnpp.observables.reports import COLUMNS, Report
from nnpp.plotting.abscissa import abscissa, point_name
from nnpp.plotting.charts import (
    Chart,
    bands_chart,
    errors_chart,
    history_chart,
    potential_charts,
)
from nnpp.plotting.history import History
from nnpp.plotting.picture import BandPicture, gap_text, remarks
from nnpp.plotting.potential import PotentialCurves
from nnpp.units import HARTREE_EV

NAMES = {
    "bands": "Bands",
    "potential": "Potential",
    "errors": "Errors",
    "history": "History",
    "numbers": "Masses",
    "facts": "Card",
    "files": "Files",
}
"""Sections of a page by their identifier, in this order."""


@dataclass(frozen=True)
class Page:
    """Content of a page; an empty part has no section.

    Attributes:
        title: the title.
        subtitle: one line below it.
        pictures: the bands of every system.
        curves: the potential.
        history: the metrics of the fit.
        rmse_mev: RMS error of each band, by system [meV].
        error_heads: columns of the table of errors.
        errors: its rows.
        reports: masses and other numbers of every system.
        missing: the command that computes reports; empty where there are some.
        facts: names and values of the card.
        files: name, size and verb of every file.
    """

    title: str
    subtitle: str = ""
    pictures: Sequence[BandPicture] = ()
    curves: PotentialCurves | None = None
    history: History | None = None
    rmse_mev: Mapping[str, np.ndarray] = field(default_factory=dict)
    error_heads: Sequence[str] = ()
    errors: Sequence[tuple[str, ...]] = ()
    reports: Sequence[Report] = ()
    missing: str = ""
    facts: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, str, str]] = ()


def html(page: Page) -> str:
    """Return a page as one self-contained HTML file."""
    charts: dict[str, Chart] = {
        f"bands-{i}": bands_chart(picture) for i, picture in enumerate(page.pictures)
    }
    potential = {} if page.curves is None else potential_charts(page.curves)
    history = None if page.history is None else history_chart(page.history)
    charts |= potential | ({} if history is None else {"history": history})
    charts |= {"errors": errors_chart(page.rmse_mev)} if page.rmse_mev else {}
    there = {
        "bands": page.pictures,
        "potential": potential,
        "errors": page.errors or page.rmse_mev,
        "history": history,
        "numbers": page.reports or page.missing,
        "facts": page.facts,
        "files": page.files,
    }
    shown = {
        "title": page.title,
        "subtitle": page.subtitle,
        "sections": [(key, name) for key, name in NAMES.items() if there[key]],
        "systems": [_system(picture) for picture in page.pictures],
        "potential": list(potential),
        "caption": "" if page.curves is None else _caption(page.curves),
        "error_heads": page.error_heads,
        "errors": page.errors,
        "reports": page.reports,
        "columns": COLUMNS,
        "missing": page.missing,
        "facts": page.facts,
        "files": page.files,
        "charts": charts,
    }
    return render("page.html", page=shown)


def page_bands(picture: BandPicture, curves: PotentialCurves | None = None) -> str:
    """Return one self-contained HTML page: bands, density of states, a table, the potential.

    Args:
        picture: the band structure.
        curves: the form factors, drawn below the bands; None leaves them out.
    """
    return html(Page(picture.title, pictures=(picture,), curves=curves))


def _system(picture: BandPicture) -> dict[str, object]:
    """Return name, table and notes of a system."""
    notes = remarks(picture, abscissa(picture.bands.kpoints))
    return {"name": picture.title, "rows": table(picture), "notes": notes}


def _caption(curves: PotentialCurves) -> str:
    """Return what solid and dashed lines are."""
    dashed = [these.name for these, stroke in curves.strokes if stroke["linestyle"] != "-"]
    return f"solid: {curves.name}" + (f"; dashed: {', '.join(dashed)}" if dashed else "")


def table(picture: BandPicture) -> list[tuple[str, str]]:
    """Return the rows of the table: names and values, with absolute energies [eV]."""
    bands = picture.bands
    _, count = bands.E.shape
    electrons = "one electron" if bands.spinor else "two electrons"
    rows = [
        ("Bands", f"{count}, of which {bands.occupied} occupied, {electrons} each"),
        ("k-points", str(len(bands.kpoints))),
    ]
    reference = [] if picture.reference is None else _reference_gap(picture, picture.reference)
    edges = [] if picture.gap is None else _edges(picture, picture.gap)
    return [*edges[:1], *reference, *edges[1:], *rows]


def _reference_gap(picture: BandPicture, reference: Bands) -> list[tuple[str, str]]:
    """Return the row with the gap of the reference, if it has empty bands."""
    if not 0 < reference.occupied < reference.E.shape[1]:
        return []
    shown = replace(picture, bands=reference, gap=gap(reference))
    text = ", ".join(gap_text(shown, abscissa(reference.kpoints)))
    return [(f"Gap of {picture.reference_name}", text)]


def _edges(picture: BandPicture, gap: Gap) -> list[tuple[str, str]]:
    """Return the rows that describe the gap and the band edges [eV]."""
    kpoints, axis = picture.bands.kpoints, abscissa(picture.bands.kpoints)
    top, bottom = point_name(kpoints, axis, gap.at_vbm), point_name(kpoints, axis, gap.at_cbm)
    return [
        ("Gap", ", ".join(gap_text(picture, axis))),
        ("Valence band maximum", f"{gap.vbm * HARTREE_EV:.3f} eV (absolute), {top}"),
        ("Conduction band minimum", f"{gap.cbm * HARTREE_EV:.3f} eV (absolute), {bottom}"),
    ]
