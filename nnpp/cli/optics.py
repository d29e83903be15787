"""`nnpp optics`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.bands import Cutoff, Inputs, Structure


def command(
    inputs: Inputs = None,
    structure: Structure = None,
    mesh: Annotated[str | None, typer.Option(help="Mesh of k-points, as 16x16x16.")] = None,
    bands: Annotated[
        int | None, typer.Option(min=2, help="Levels at each k-point [5 for each full one].")
    ] = None,
    broaden: Annotated[
        str | None, typer.Option(help="Gaussian width ['0.1 eV']; '0 eV' for none.")
    ] = None,
    to: Annotated[str, typer.Option(help="Highest photon energy drawn.")] = "10 eV",
    cutoff: Cutoff = None,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Compute ε₁(ω), ε₂(ω) and the absorption of independent electrons, and draw them."""
    from nnpp.workflows.bands.options import choices, light
    from nnpp.workflows.fits.read import read_fits, read_structure_by

    wanted, numbers = choices(cutoff=cutoff), light(mesh, broaden, to)
    if structure is None:
        fits = read_fits(inputs or [Path("inputs")], wanted)
    else:
        fits = [read_structure_by(inputs or [], structure, wanted)]
    from nnpp.workflows.optics import Wanted, run_optics  # imports JAX: a wrong fit is told

    for told in run_optics(fits, Wanted(*numbers, levels=bands), out):
        for text in told.texts:
            console.remark(f"{told.system}: {text}")
        console.wrote(told.paths)
