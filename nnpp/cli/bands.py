"""`nnpp bands`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.distributed import Distributed, together

if TYPE_CHECKING:
    from nnpp.config.inputs import Fit
    from nnpp.workflows.bands.bands import Event, Started
    from nnpp.workflows.bands.solved import Solved

COLUMNS = {
    "plane waves": 11,
    "k": 4,
    "bands": 5,
    "gap/eV": 6,
    "VBM/eV": 7,
    "CBM/eV": 7,
    "s": 5,
}
"""What is told of a system, and how many letters wide."""

Inputs = Annotated[
    list[Path] | None, typer.Argument(help="Fits, folders of fits, or runs [inputs/].")
]
Structure = Annotated[
    Path | None,
    typer.Option(help="A crystal for the fitted potential named, in place of its own."),
]
Cutoff = Annotated[
    str | None, typer.Option(help="Kinetic energy of the basis, as '10 hartree'.")
]


def command(
    inputs: Inputs = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw bands and potentials (PNG, PDF).")
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Write each system as one HTML page.")
    ] = False,
    structure: Structure = None,
    path: Annotated[
        str | None, typer.Option(help="k-path, as 'L Γ X U|K Γ' (G for Γ), or auto.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=2, help="k-points along the whole path.")
    ] = None,
    cutoff: Cutoff = None,
    bands: Annotated[int | None, typer.Option(min=1, help="Levels at each k-point.")] = None,
    solver: Annotated[
        str | None, typer.Option(help="auto, dense or davidson [as the fit says].")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="Bands to draw and compare with, as nnpp writes them."),
    ] = None,
    zero: Annotated[str, typer.Option(help="Zero of the figures: vbm or absolute.")] = "vbm",
    window: Annotated[
        str | None, typer.Option(help="Energies of the figures in eV, as -5:5.")
    ] = None,
    dos: Annotated[bool, typer.Option("--dos", help="Add the density of states.")] = False,
    mesh: Annotated[
        str | None, typer.Option(help="Mesh of the density of states, as 12x12x12.")
    ] = None,
    broaden: Annotated[
        str | None, typer.Option(help="Gaussian width, as '0.1 eV', in place of tetrahedra.")
    ] = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Also write bands followed through crossings by overlap."
        ),
    ] = False,
    distributed: Distributed = False,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Compute band structures, and draw, compare and write them."""
    from nnpp.workflows.bands.options import choices
    from nnpp.workflows.fits.read import read_fits, read_structure_by

    wanted = choices(
        path=path, points=points, cutoff=cutoff, bands=bands, solver=solver, compare=compare,
        zero=zero, plot=plot, html=html, dos=dos, mesh=mesh, broaden=broaden, connect=connect,
        window=window,
    )  # fmt: skip
    with together(distributed) as all_of:
        if structure is None:
            fits = all_of(lambda: read_fits(inputs or [Path("inputs")], wanted))
        else:
            fits = all_of(lambda: [read_structure_by(inputs or [], structure, wanted)])
        from nnpp.workflows.bands.bands import (
            run_bands,  # imports JAX: a wrong fit is told before
        )

        tell(run_bands(fits, out, wanted), fits)


def tell(events: "Iterator[Event]", fits: "list[Fit]") -> None:
    """A table for each fit, line by line as it is computed, then what was written."""
    from nnpp.workflows.bands.bands import Finished, Solved, Started

    total = sum(len(fit.spec.systems) for fit in fits)
    events = console.watched(events, "computing bands", total, lambda e: isinstance(e, Solved))
    solved: list[Solved] = []
    width = 0
    try:
        for event in events:
            match event:
                case Started():
                    width = max(map(len, event.systems))
                    _head(event, width)
                case Solved():
                    solved.append(event)
                    console.say(_line(event, width))
                case Finished():
                    _beside(solved)
                    console.wrote([*(p for s in solved for p in s.paths), *event.paths])
                    solved = []
    finally:
        console.wrote(p for s in solved for p in s.paths)


def _head(started: "Started", width: int) -> None:
    """The name of a fit, what to know of it, and the names of the columns."""
    console.say(f"{started.name} ({started.source})", typer.colors.CYAN)
    for text in started.notes:
        console.note(text)
    console.say(console.cells(["system", *COLUMNS], [max(width, 6), *COLUMNS.values()]))


def _line(s: "Solved", width: int) -> str:
    """The numbers of one system."""
    from nnpp.units import HARTREE_EV

    figures = ("—",) * 3
    if s.gap is not None:
        figures = tuple(f"{x * HARTREE_EV:.3f}" for x in (s.gap.width, s.gap.vbm, s.gap.cbm))
    k, bands = s.bands.E.shape
    counts = (str(s.case.n_plane_waves), str(k), str(bands))
    texts = (s.case.spec.name, *counts, *figures, f"{s.seconds:.1f}")
    return console.cells(texts, [max(width, 6), *COLUMNS.values()])


def _beside(solved: "list[Solved]") -> None:
    """The splitting, and beside a reference the loss and the error of each band."""
    from nnpp.units import HARTREE_EV

    for s in solved:
        if s.gap is not None and s.gap.width <= 0:
            overlap = -s.gap.width * HARTREE_EV
            console.remark(f"{s.case.spec.name}: no gap, bands overlap by {overlap:.3f} eV")
        if s.splitting is not None:
            delta = s.splitting * HARTREE_EV
            console.remark(f"{s.case.spec.name}: spin-orbit splitting {delta:.3f} eV at Γ")
        if s.comparison is not None:
            rmse = " ".join(f"{float(x) * HARTREE_EV * 1e3:.1f}" for x in s.comparison.rmse)
            loss = float(s.comparison.loss) * HARTREE_EV**2
            name = s.case.spec.name
            console.remark(f"{name}: weighted loss {loss:.3e} eV²; RMSE by band {rmse} meV")
