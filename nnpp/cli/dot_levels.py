"""`nnpp dot levels`: the states near the gap of dots."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.live import LINE
from nnpp.cli.options import RESULTS, Cutoff, Out

if TYPE_CHECKING:
    from nnpp.dots.levels import Levels
    from nnpp.workflows.dot.levels import Finished

COLUMNS = {
    "state": 8,
    "E/eV": 10,
    "residual/eV": 11,
    "bound/eV": 8,
    "participation": 13,
    "core": 5,
    "surface": 7,
    "multiplet": 9,
}
"""Columns of the table and their widths, in characters."""

Run = Annotated[
    Path | None,
    typer.Option(help="Potential: a run, a folder of inputs/, or a shipped one by name."),
]
Potentials = Annotated[
    Path | None,
    typer.Option(help="Folder with potX.par and SO_X.par of a filter-diagonalisation code."),
]
Box = Annotated[
    str | None, typer.Option(help="Edges of the box, e.g. '45.6 41.6 36 bohr' [dot + 5 bohr].")
]
Occupied = Annotated[
    int | None, typer.Option(help="Number of occupied states [by formal charges].")
]
Seed = Annotated[int, typer.Option(help="Seed of the random starting functions.", min=0)]


def levels(
    dots: Annotated[
        list[Path],
        typer.Argument(
            metavar="DOT...",
            help="Files of dots (xyz, POSCAR, CIF, conf.par), or folders of filter jobs.",
        ),
    ],
    run: Run = None,
    potentials: Potentials = None,
    basis: Annotated[
        str, typer.Option(help="sphere of plane waves, or grid of the folder of a job.")
    ] = "sphere",
    cutoff: Cutoff = None,
    box: Box = None,
    valence: Annotated[
        int | None, typer.Option(help="Number of states below the gap [8].")
    ] = None,
    conduction: Annotated[
        int | None, typer.Option(help="Number of states above the gap [8].")
    ] = None,
    window: Annotated[
        str | None, typer.Option(help="All states between two energies: '-7 -2 eV'.")
    ] = None,
    occupied: Occupied = None,
    cube: Annotated[
        str | None, typer.Option(help="Write |ψ|² of homo, lumo or both: homo,lumo.")
    ] = None,
    states: Annotated[
        bool, typer.Option("--states", help="Write the states, for --warm.")
    ] = False,
    warm: Annotated[
        Path | None, typer.Option(help="Start from the states of a similar dot: its results.")
    ] = None,
    converge: Annotated[
        bool, typer.Option("--converge", help="Compute the gap at a higher cutoff too.")
    ] = False,
    seed: Seed = 0,
    out: Out = RESULTS,
    force: Annotated[
        bool, typer.Option("--force", help="Compute again, and replace earlier results.")
    ] = False,
) -> None:
    """Compute the states near the gap of dots."""
    console.begin(f"dot levels: {', '.join(path.name for path in dots[:3])}")
    from nnpp.workflows.dot import levels_options as options

    request = options.Request(
        run=run,
        potentials=potentials,
        basis=basis,
        cutoff=options.read_cutoff(cutoff),
        box=options.read_box(box),
        valence=valence,
        conduction=conduction,
        window=options.read_window(window),
        occupied=occupied,
        cube=options.read_cube(cube),
        states=states,
        warm=warm,
        converge=converge,
        seed=seed,
        out=out,
        force=force,
    )
    from nnpp.workflows.dot.levels import Failed, Finished, Started, run_levels

    failed = False
    for event in run_levels(dots, request, progress):
        match event:
            case Started(name, rows, notes):
                console.rows(name, rows)
                for text in notes:
                    console.note(text)
            case Finished():
                print_levels(event)
            case Failed(name, error):
                failed = True
                console.fail(str(error))
    if failed:
        raise typer.Exit(2)


def progress(stage: str, done: int, of: int, residual: float) -> None:
    """Show in a terminal what is computed, how far it is, and the residual."""
    from nnpp.units import HARTREE_EV

    detail = f"residual {residual * HARTREE_EV:.1e} eV" if residual == residual else ""
    LINE.show(stage, done, of, detail)


def print_levels(found: "Finished") -> None:
    """Print the table of a dot, its gap, and the files."""
    if not found.paths:
        console.note(f"{found.folder} has these levels already; --force computes them again")
    print_table(found.levels)
    s = found.summary
    console.remark(
        f"gap {s['gap_ev']:.4f} eV: HOMO {s['homo_ev']:.4f}, LUMO {s['lumo_ev']:.4f} eV"
    )
    missed = "a state is missing" if s["missed_probe"] >= 1e-2 else "no state is missing"
    console.remark(f"probe for missed states: {s['missed_probe']:.1e}, {missed}")
    if "converge" in s:
        moved = s["converge"]
        console.remark(
            f"at {moved['cutoff_hartree']:.3g} hartree: "
            + ", ".join(
                f"{x.upper()} {moved[f'{x}_moves_ev'] * 1e3:+.1f} meV" for x in ("homo", "lumo")
            )
            + f", gap {moved['gap_moves_ev'] * 1e3:+.1f} meV"
        )
    for text in found.notes:
        console.note(text)
    console.wrote(found.paths)


def print_table(levels: "Levels") -> None:
    """Print the states, the highest first, with a blank line in the gap."""
    from nnpp.plotting.dot_levels import level_rows

    widths = list(COLUMNS.values())
    console.say(console.cells(COLUMNS, widths))
    for i, row in enumerate(level_rows(levels)):
        if i == len(levels.E) - levels.valence:
            console.say()
        console.say(console.cells(row, widths))
