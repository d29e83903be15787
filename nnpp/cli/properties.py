"""`nnpp optics`, `volume`, `report`, `transfer`: what else follows from a potential."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.header import begin, systems_of
from nnpp.cli.options import INPUTS, RESULTS, Cutoff, Inputs, Out, Runs, Structure

if TYPE_CHECKING:
    from nnpp.config.inputs import Fit
    from nnpp.observables.reports import Report
    from nnpp.workflows.bands.options import Choices
    from nnpp.workflows.transfer.transfer import Row

REPORT_WIDTHS = (14, 3, 8, 7, 10, 9, 10)
"""Widths of the columns of `nnpp report`, in characters."""

SIZES = (4, 8, 12)
"""Numbers of primitive cells of an alloy: multiples of 4 allow compositions of 1/4 to 3/4."""

TRANSFER = {"case": 21, "quantity": 9, "nnpp/eV": 8, "±": 6, "expected": 8, "off": 7}
"""Columns of `nnpp transfer` and their widths, in characters."""


def read(inputs: list[Path] | None, structure: Path | None, options: "Choices") -> "list[Fit]":
    """Return the fits named, or one fit of `structure` with the potential named."""
    from nnpp.workflows.fits.read import read_fits, read_structure_by

    if structure is None:
        return read_fits(inputs or [INPUTS], options)
    fit = read_structure_by(inputs or [], structure, options)
    for text in fit.notes:
        console.note(text)
    return [fit]


def optics(
    inputs: Inputs = None,
    structure: Structure = None,
    mesh: Annotated[str | None, typer.Option(help="Mesh of k-points, e.g. 16x16x16.")] = None,
    bands: Annotated[
        int | None, typer.Option(min=2, help="Bands [5 times the occupied ones].")
    ] = None,
    broaden: Annotated[
        str | None, typer.Option(help="Gaussian width ['0.1 eV']; '0 eV' for none.")
    ] = None,
    to: Annotated[str, typer.Option(help="Highest photon energy.")] = "10 eV",
    cutoff: Cutoff = None,
    out: Out = RESULTS,
) -> None:
    """Compute ε₁(ω), ε₂(ω) and absorption of independent electrons."""
    from nnpp.workflows.bands.options import choices, light

    numbers = light(mesh, broaden, to)
    fits = read(inputs, structure, choices(cutoff=cutoff))
    begin("optics", fits)
    from nnpp.workflows.optics import (
        OpticsOptions,
        run_optics,
    )  # imports JAX: input errors come before

    events = run_optics(fits, OpticsOptions(*numbers, levels=bands), out)
    for result in console.progress(events, "solving the mesh", systems_of(fits)):
        for text in result.texts:
            console.remark(f"{result.system}: {text}")
        for text in result.warnings:
            console.note(f"{result.system}: {text}")
        console.wrote(result.paths)


def volume(
    inputs: Inputs = None,
    structure: Structure = None,
    kpoint: Annotated[
        str, typer.Option(help="A special point (G for Γ), or '0.5 0 0.5'.")
    ] = "Γ",
    band: Annotated[
        list[str] | None,
        typer.Option(help="vbm, cbm or a number from 1; may be repeated [vbm and cbm]."),
    ] = None,
    cutoff: Cutoff = None,
    format: Annotated[str, typer.Option(help="cube or xsf.")] = "cube",
    out: Out = RESULTS,
) -> None:
    """Write V(r) and level densities as volumetric data (cube, xsf)."""
    from nnpp.workflows.bands.options import choices

    fits = read(inputs, structure, choices(cutoff=cutoff))
    begin("volume", fits)
    from nnpp.workflows.volume import run_volume  # imports JAX: input errors come before

    bands = tuple(dict.fromkeys(band or ("vbm", "cbm")))
    events = run_volume(fits, kpoint, bands, format, out)
    for result in console.progress(events, "computing densities", systems_of(fits)):
        for text in result.levels:
            console.remark(f"{result.system}: {text}")
        console.wrote(result.paths)


def report(inputs: Inputs = None, out: Out = RESULTS) -> None:
    """Compare gaps, masses, deformation potentials with experiment.

    The reference bands of the fit are compared as well, where there are any.
    """
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [INPUTS])
    begin("report", fits)
    from nnpp.workflows.report.report import run_report  # imports JAX: input errors come before

    for result in console.progress(run_report(fits, out), "computing", len(fits)):
        for crystal in result.reports:
            _print_report(crystal)
        console.wrote(result.paths)


def _print_report(report: "Report") -> None:
    """Print the table of one crystal."""
    from nnpp.observables.reports import COLUMNS

    console.say(report.name, typer.colors.CYAN)
    console.say(console.cells(("", "", *COLUMNS), REPORT_WIDTHS))
    for row in report.rows:
        console.say(console.cells((row.name, row.unit, *row.words), REPORT_WIDTHS))
    for note in report.notes:
        console.remark(f"  {note}")


def transfer(
    runs: Runs = None,
    cells: Annotated[int, typer.Option(help="Primitive cells of an alloy: 4, 8 or 12.")] = 8,
    out: Out = RESULTS,
) -> None:
    """Test potentials outside the fit: strain, wurtzite, alloys.

    Superlattices are computed as well, for compounds that share an element.
    """
    from nnpp.workflows.fits.read import read_runs

    _check_cells(cells)
    fits = read_runs(runs, out)
    begin("transfer", fits)
    from nnpp.workflows.transfer.transfer import Begun, Done, Row, run_transfer

    solved: dict[str, bool] = {}
    crystals = 0
    for event in run_transfer(fits, out, cells):
        match event:
            case Begun():
                solved, crystals = {}, event.crystals
                console.say(event.name, typer.colors.CYAN)
                for text in event.notes:
                    console.remark(f"  {text}")
                console.say(console.cells(TRANSFER, TRANSFER.values()))
            case Row():
                console.say(_transfer_row(event))
                solved |= {event.case: True}
            case Done():
                if event.held:
                    console.remark(f"  {event.held}")
                console.wrote(event.paths)
        console.LINE.show("crystal", len(solved), crystals)


def _check_cells(cells: int) -> None:
    """Raise an error for a number of cells that some compositions of alloys do not fit."""
    from nnpp.errors import InputError

    if cells not in SIZES:
        raise InputError(f"{cells} cells are not possible", "write 4, 8 or 12", "--cells")


def _transfer_row(row: "Row") -> str:
    """Return the line of one quantity, with the expected value and the difference."""
    bar = "—" if row.bar is None else f"{row.bar:.3f}"
    expected, off = "—", "—"
    if row.expected is not None:
        expected, off = f"{row.expected:.3f}", f"{row.here - row.expected:+.3f}"
    texts = (row.case, row.quantity, f"{row.here:.3f}", bar, expected, off)
    return console.cells(texts, TRANSFER.values())
