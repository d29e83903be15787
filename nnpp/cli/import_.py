"""`nnpp import`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console


def command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files of bands, of VASP, GPAW, …: one a system."),
    ],
    fit: Annotated[str, typer.Option(help="Name of the fit folder that is made.")],
    into: Annotated[Path, typer.Option(help="Where it is made.")] = Path("inputs"),
    format_: Annotated[
        str | None, typer.Option("--format", help="Format [recognised].")
    ] = None,
    structure: Annotated[
        Path | None, typer.Option(help="Structure, for bands that come without.")
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="Path for bands given at any k [auto].")
    ] = None,
    points: Annotated[int, typer.Option(help="K-points on it.")] = 60,
    spin_orbit: Annotated[
        bool | None, typer.Option(help="Whether a level holds one electron [as the file says].")
    ] = None,
    occupied: Annotated[
        int | None, typer.Option(help="Full levels at each k [as the file says].")
    ] = None,
    electrons: Annotated[
        int | None, typer.Option(help="Valence electrons of the cell [of the elements].")
    ] = None,
    leave_out: Annotated[
        str | None, typer.Option(help="Bands of closed shells, as 2-6 or 1-2,5-14 [found].")
    ] = None,
    bands: Annotated[
        int | None, typer.Option(help="Bands to keep [the full ones and 4; 8 spinors].")
    ] = None,
    scissor: Annotated[
        str | None, typer.Option(help="Raise conduction bands, as '0.4 eV'.")
    ] = None,
    vbm: Annotated[
        str | None, typer.Option(help="Put the valence top there, as '-5.44 eV'.")
    ] = None,
    cutoff: Annotated[str, typer.Option(help="Cutoff of the fit.")] = "7 hartree",
) -> None:
    """Make a fit folder from the bands of other programs."""
    from nnpp.workflows.import_.import_fit import Made, run_import
    from nnpp.workflows.import_.options import Options, read_choices

    choices = read_choices(Options(
        fit=fit, into=into, format=format_, structure=structure, path=path, points=points,
        spin_orbit=spin_orbit, occupied=occupied, electrons=electrons, leave_out=leave_out,
        bands=bands, scissor=scissor, vbm=vbm, cutoff=cutoff,
    ))  # fmt: skip
    for event in run_import(files, choices.folder, choices.cutoff, choices.wishes):
        if isinstance(event, Made):
            console.wrote(event.paths)
            console.say(f"next: nnpp check {choices.folder}, then nnpp fit {choices.folder}")
            continue
        console.rows(f"{event.name} ({event.source})", event.rows)
        for text in event.notes:
            console.note(f"{event.name}: {text}")
