"""HTML pages: a band structure that opens without a network, and the tables of a report."""

from nnpp.errors import InputError
from nnpp.files.templates import render
from nnpp.observables.gaps import Gap
from nnpp.observables.reports import COLUMNS, Report
from nnpp.plotting.abscissa import abscissa, point_name
from nnpp.plotting.picture import BandPicture, gap_text, remarks
from nnpp.plotting.plotly_figures import SCREEN, plot_bands, plots_potential
from nnpp.plotting.potential import PotentialCurves
from nnpp.units import HARTREE_EV


def page_bands(picture: BandPicture, curves: PotentialCurves | None = None) -> str:
    """Return one self-contained HTML page: bands, density of states, a table, the potential.

    Args:
        picture: the band structure.
        curves: the form factors, drawn below the bands; None leaves them out.
    """
    plots = {"bands": plot_bands(picture)}
    plots |= {} if curves is None else plots_potential(curves)
    return render(
        "bands.html",
        title=picture.title,
        library=_library(),
        rows=table(picture),
        notes=remarks(picture, abscissa(picture.bands.kpoints)),
        curves=curves,
        plots=plots,
        screen=SCREEN,
    )


def report_page(title: str, reports: tuple[Report, ...]) -> str:
    """Return one HTML page without a script, with a table for each crystal."""
    return render("report.html", title=title, reports=reports, columns=COLUMNS)


def table(picture: BandPicture) -> list[tuple[str, str]]:
    """Return the rows of the table: names and values, with absolute energies [eV]."""
    bands = picture.bands
    _, count = bands.E.shape
    electrons = "one electron" if bands.spinor else "two electrons"
    rows = [
        ("Bands", f"{count}, of which {bands.occupied} occupied, {electrons} each"),
        ("k-points", str(len(bands.kpoints))),
    ]
    return [*([] if picture.gap is None else _edges(picture, picture.gap)), *rows]


def _edges(picture: BandPicture, gap: Gap) -> list[tuple[str, str]]:
    """Return the rows that describe the gap and the band edges [eV]."""
    kpoints, axis = picture.bands.kpoints, abscissa(picture.bands.kpoints)
    top, bottom = point_name(kpoints, axis, gap.at_vbm), point_name(kpoints, axis, gap.at_cbm)
    return [
        ("Gap", ", ".join(gap_text(picture, axis))),
        ("Valence band maximum", f"{gap.vbm * HARTREE_EV:.3f} eV (absolute), {top}"),
        ("Conduction band minimum", f"{gap.cbm * HARTREE_EV:.3f} eV (absolute), {bottom}"),
    ]


def _library() -> str:
    """Return the source of plotly.js, so that the page loads nothing from the network."""
    try:
        from plotly.offline import get_plotlyjs
    except ModuleNotFoundError as missing:
        raise InputError("plotly is not installed", "pip install 'nnpp[html]'") from missing
    return get_plotlyjs()
