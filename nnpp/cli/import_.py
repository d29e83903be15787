"""`nnpp import`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of bands, or folders of runs, from VASP, GPAW, …: one for each system."
        ),
    ],
    fit: Annotated[
        str | None, typer.Option(help="Name of the new fit folder [first system].")
    ] = None,
    into: Annotated[Path, typer.Option(help="Parent of the fit folder.")] = Path("inputs"),
    format_: Annotated[
        str | None, typer.Option("--format", help="Format [recognised].")
    ] = None,
    structure: Annotated[
        Path | None, typer.Option(help="Structure, for files without one.")
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="Path, for files that give bands at any k [auto].")
    ] = None,
    points: Annotated[int, typer.Option(help="Number of k-points on the path.")] = 60,
    spin_orbit: Annotated[
        bool | None, typer.Option(help="A level holds one electron [from the file].")
    ] = None,
    occupied: Annotated[
        int | None, typer.Option(help="Full levels at each k [from the file].")
    ] = None,
    electrons: Annotated[
        int | None, typer.Option(help="Valence electrons in the cell [from the elements].")
    ] = None,
    leave_out: Annotated[
        str | None, typer.Option(help="Bands of closed shells, as 2-6 or 1-2,5-14 [detected].")
    ] = None,
    bands: Annotated[
        int | None, typer.Option(help="Bands to keep [full bands + 4, or + 8 of spinors].")
    ] = None,
    scissor: Annotated[
        str | None, typer.Option(help="Shift of the conduction bands, as '0.4 eV'.")
    ] = None,
    vbm: Annotated[
        str | None, typer.Option(help="Energy of the valence band top, as '-5.44 eV'.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="Codes to serve: filter (no s waves) [nnpp].")
    ] = None,
    cutoff: Annotated[
        str | None, typer.Option(help="Cutoff of the fit [that of the folder, or 7 hartree].")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="Name of a system, once for each file [its formula]."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a fit folder that an import made.")
    ] = False,
) -> None:
    """Make a fit folder from the bands of other programs."""
    console.begin(f"import: {', '.join(map(str, files))}")
    from nnpp.workflows.import_.import_fit import Made, run_import
    from nnpp.workflows.import_.options import (
        Request,
        read_codes,
        read_cutoff,
        read_energy,
        read_fit_name,
        read_hints,
        read_names,
        read_runs,
    )

    request = Request(
        hints=read_hints(structure, path, points),
        format=format_,
        spinor=spin_orbit,
        occupied=occupied,
        electrons=electrons,
        leave_out=None if leave_out is None else read_runs(leave_out),
        bands=bands,
        scissor=0.0 if scissor is None else read_energy("--scissor", scissor),
        top=None if vbm is None else read_energy("--vbm", vbm),
        serves=None if for_ is None else read_codes(for_),
        cutoff=None if cutoff is None else read_cutoff(cutoff),
        names=read_names(system or ()),
        force=force,
    )
    for event in run_import(files, into, read_fit_name(fit), request):
        if isinstance(event, Made):
            console.wrote(event.paths)
            console.say(f"next: nnpp check {event.folder}, then nnpp fit {event.folder}")
            continue
        console.rows(f"{event.name} ({event.source})", event.rows)
        for text in event.notes:
            console.note(f"{event.name}: {text}")
