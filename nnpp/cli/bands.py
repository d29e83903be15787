"""`nnpp bands`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console

HARTREE_COLUMNS = ("system", "plane waves", "k", "bands", "gap/eV", "VBM/eV", "CBM/eV", "s")


def command(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Fits, folders of fits, or runs [inputs/].")
    ] = None,
    plot: Annotated[bool, typer.Option(help="Draw bands and potentials (PNG, PDF).")] = False,
    html: Annotated[bool, typer.Option(help="Write each system as one HTML page.")] = False,
    path: Annotated[
        str | None, typer.Option(help="k-path, as 'L Γ X U|K Γ' (G for Γ), or auto.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=2, help="k-points along the whole path.")
    ] = None,
    cutoff: Annotated[
        str | None, typer.Option(help="Kinetic energy of the basis, as '10 hartree'.")
    ] = None,
    bands: Annotated[int | None, typer.Option(min=1, help="Levels at each k-point.")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Reference bands to draw and compare with.")
    ] = None,
    zero: Annotated[str, typer.Option(help="Zero of the figures: vbm or absolute.")] = "vbm",
    dos: Annotated[bool, typer.Option(help="Add the density of states.")] = False,
    mesh: Annotated[
        str | None, typer.Option(help="Mesh of the density of states, as 12x12x12.")
    ] = None,
    broaden: Annotated[
        str | None, typer.Option(help="Gaussian width, as '0.1 eV', in place of tetrahedra.")
    ] = None,
    connect: Annotated[
        bool, typer.Option(help="Also write bands followed through crossings by overlap.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Compute band structures, and draw, compare and write them."""
    from nnpp.workflows.bands import run_bands
    from nnpp.workflows.choices import choices

    wanted = choices(
        path=path, points=points, cutoff=cutoff, bands=bands, compare=compare, zero=zero,
        plot=plot, html=html, dos=dos, mesh=mesh, broaden=broaden, connect=connect,
    )  # fmt: skip
    events = run_bands(inputs or [Path("inputs")], out, wanted)
    _tell(events)


def _tell(events) -> None:
    """Print what comes, a table for each fit."""
    from nnpp.workflows.bands import Finished, Solved, Started

    solved: list[Solved] = []
    while True:
        with console.busy("computing bands"):
            event = next(events, None)
        match event:
            case None:
                return
            case Started():
                solved = []
                typer.echo(f"{event.name}: {', '.join(event.systems)}")
                for text in event.notes:
                    console.note(text)
            case Solved():
                solved.append(event)
                for text in event.case.notes:
                    console.note(f"{event.case.spec.name}: {text}")
            case Finished():
                _table(solved)
                for file in [p for s in solved for p in s.paths] + list(event.paths):
                    typer.echo(f"wrote {file}")


def _table(solved) -> None:
    """One line a system; errors of each band where there is a reference."""
    console.grid(HARTREE_COLUMNS, [_line(s) for s in solved])
    for s in solved:
        if s.comparison is not None:
            typer.echo(f"{s.case.spec.name}: {_beside(s)}")


def _line(s) -> tuple[str, ...]:
    """The numbers of one system."""
    from nnpp.units import HARTREE_EV

    figures = ("—",) * 3
    if s.gap is not None:
        figures = tuple(f"{x * HARTREE_EV:.3f}" for x in (s.gap.width, s.gap.vbm, s.gap.cbm))
    n = str(int(s.case.system.waves.real.sum(axis=1).max()))
    k, bands = s.bands.E.shape
    return s.case.spec.name, n, str(k), str(bands), *figures, f"{s.seconds:.1f}"


def _beside(s) -> str:
    """Loss and the error of each band."""
    from nnpp.units import HARTREE_EV

    rmse = " ".join(f"{float(x) * HARTREE_EV * 1e3:.3g}" for x in s.comparison.rmse)
    loss = float(s.comparison.loss) * HARTREE_EV**2
    return f"weighted loss {loss:.3e} eV², RMSE of each band {rmse} meV"
