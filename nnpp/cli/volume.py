"""`nnpp volume`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.bands import Cutoff, Inputs, Structure


def command(
    inputs: Inputs = None,
    structure: Structure = None,
    kpoint: Annotated[
        str, typer.Option(help="A special point (G for Γ), or '0.5 0 0.5'.")
    ] = "Γ",
    band: Annotated[
        list[str] | None,
        typer.Option(help="vbm, cbm or a number from 1 on; may be repeated [vbm and cbm]."),
    ] = None,
    cutoff: Cutoff = None,
    format: Annotated[str, typer.Option(help="cube or xsf.")] = "cube",
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Write V(r) and the densities of levels for programs that draw them in space."""
    from nnpp.workflows.bands.options import choices
    from nnpp.workflows.fits.read import read_fits, read_structure_by

    wanted = choices(cutoff=cutoff)
    if structure is None:
        fits = read_fits(inputs or [Path("inputs")], wanted)
    else:
        fits = [read_structure_by(inputs or [], structure, wanted)]
    from nnpp.workflows.volume import run_volume  # imports JAX: a wrong fit is told before

    bands = tuple(dict.fromkeys(band or ("vbm", "cbm")))
    for told in run_volume(fits, kpoint, bands, format, out):
        for text in told.levels:
            console.remark(f"{told.system}: {text}")
        console.wrote(told.paths)
