"""`nnpp bands`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.header import begin, systems_of
from nnpp.cli.level_errors import print_level_errors
from nnpp.cli.options import (
    INPUTS,
    RESULTS,
    Cutoff,
    Distributed,
    Html,
    Inputs,
    Out,
    Structure,
    together,
)

if TYPE_CHECKING:
    from nnpp.config.inputs import Fit
    from nnpp.workflows.bands.bands import Event, Started
    from nnpp.workflows.bands.solve import Solved

COLUMNS = {
    "plane waves": 11,
    "k": 4,
    "bands": 5,
    "gap/eV": 6,
    "VBM/eV": 7,
    "CBM/eV": 7,
    "s": 5,
}
"""Columns printed for each system and their widths, in characters."""


def command(
    inputs: Inputs = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Plot bands and potentials (PNG, PDF).")
    ] = False,
    html: Html = False,
    structure: Structure = None,
    path: Annotated[
        str | None, typer.Option(help="k-path, e.g. 'L Γ X U|K Γ' (G for Γ), or auto.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=2, help="Number of k-points along the path.")
    ] = None,
    cutoff: Cutoff = None,
    bands: Annotated[int | None, typer.Option(min=1, help="Number of bands.")] = None,
    solver: Annotated[
        str | None, typer.Option(help="auto, dense or davidson [as in the fit].")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="File of bands (.csv, .h5, .json) to plot and compare with."),
    ] = None,
    zero: Annotated[
        str, typer.Option(help="Zero of energy in the figures: vbm or absolute.")
    ] = "vbm",
    window: Annotated[
        str | None,
        typer.Option(help="Energy range of the figures in eV, e.g. -12,8, or full [-6,6]."),
    ] = None,
    width: Annotated[
        str | None,
        typer.Option(help="Width of the figures in cm, or 'one column' or 'two columns'."),
    ] = None,
    font_size: Annotated[
        float | None, typer.Option(help="Font size of the figures in pt [8].")
    ] = None,
    colours: Annotated[
        str | None,
        typer.Option(help="Colours of valence and conduction bands, e.g. 'black,#d55e00'."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option("--format", help="Formats of the figures: png, pdf, svg [png,pdf]."),
    ] = None,
    dos: Annotated[bool, typer.Option("--dos", help="Add the density of states.")] = False,
    mesh: Annotated[
        str | None, typer.Option(help="Mesh of the density of states, e.g. 12x12x12.")
    ] = None,
    broaden: Annotated[
        str | None, typer.Option(help="Gaussian width, e.g. '0.1 eV', instead of tetrahedra.")
    ] = None,
    fat: Annotated[
        str | None,
        typer.Option(help="Fat bands: weights by element, or s and p character (sp)."),
    ] = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Also write bands connected through crossings by overlap."
        ),
    ] = False,
    distributed: Distributed = False,
    out: Out = RESULTS,
) -> None:
    """Compute band structures; plot, compare and write them."""
    from nnpp.workflows.bands.options import choices, figures
    from nnpp.workflows.fits.read import read_fits, read_structure_by

    options = choices(
        path=path, points=points, cutoff=cutoff, bands=bands, solver=solver, compare=compare,
        zero=zero, plot=plot, html=html, dos=dos, mesh=mesh, broaden=broaden, connect=connect,
        window=window, fat=fat,
        **figures(plot, width=width, font=font_size, colours=colours, formats=formats),
    )  # fmt: skip
    with together(distributed) as all_of:
        if structure is None:
            fits = all_of(lambda: read_fits(inputs or [INPUTS], options))
        else:
            fits = all_of(lambda: [read_structure_by(inputs or [], structure, options)])
        begin("bands", fits)
        from nnpp.workflows.bands.bands import (
            run_bands,  # imports JAX: input errors come before
        )

        overlay = plot and len(inputs or []) > 1
        print_bands(run_bands(fits, out, options, overlay), fits)


def print_bands(events: "Iterator[Event]", fits: "list[Fit]") -> None:
    """Print a table for each fit, line by line as it is computed, then the files written."""
    from nnpp.workflows.bands.bands import Finished, Solved, Started

    total = systems_of(fits)
    events = console.progress(events, "computing bands", total, lambda e: isinstance(e, Solved))
    solved: list[Solved] = []
    width = 0
    try:
        for event in events:
            match event:
                case Started():
                    width = max(map(len, event.systems))
                    _print_header(event, width)
                case Solved():
                    solved.append(event)
                    console.say(_row(event, width))
                case Finished():
                    for text in event.notes:
                        console.note(text)
                    _print_remarks(solved)
                    print_level_errors({s.case.spec.name: s.errors for s in solved})
                    console.wrote([*(p for s in solved for p in s.paths), *event.paths])
                    solved = []
    finally:
        console.wrote(p for s in solved for p in s.paths)


def _print_header(started: "Started", width: int) -> None:
    """Print the name of a fit, its notes, and the names of the columns."""
    console.say(f"{started.name} ({started.source})", typer.colors.CYAN)
    for text in started.notes:
        console.note(text)
    console.say(console.cells(["system", *COLUMNS], [max(width, 6), *COLUMNS.values()]))


def _row(s: "Solved", width: int) -> str:
    """Return the numbers of one system as a line of the table."""
    from nnpp.units import HARTREE_EV

    edges = ("—",) * 3
    if s.gap is not None:
        edges = tuple(f"{x * HARTREE_EV:.3f}" for x in (s.gap.width, s.gap.vbm, s.gap.cbm))
    k, bands = s.bands.E.shape
    counts = (str(s.case.n_plane_waves), str(k), str(bands))
    texts = (s.case.spec.name, *counts, *edges, f"{s.seconds:.1f}")
    return console.cells(texts, [max(width, 6), *COLUMNS.values()])


def _print_remarks(solved: "list[Solved]") -> None:
    """Print band overlaps, spin-orbit splittings, and the error of each band."""
    from nnpp.units import HARTREE_EV

    for s in solved:
        name = s.case.spec.name
        if s.gap is not None and s.gap.width <= 0:
            overlap = -s.gap.width * HARTREE_EV
            console.remark(f"{name}: no gap, bands overlap by {overlap:.3f} eV")
        if s.splitting is not None:
            delta = s.splitting * HARTREE_EV
            console.remark(f"{name}: spin-orbit splitting {delta:.3f} eV at Γ")
        if s.comparison is not None:
            rmse = " ".join(f"{float(x) * HARTREE_EV * 1e3:.1f}" for x in s.comparison.rmse)
            console.remark(f"{name}: RMSE by band {rmse} meV")
