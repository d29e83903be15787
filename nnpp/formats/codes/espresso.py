"""Quantum ESPRESSO's data-file-schema.xml: hartree, bohr, k Cartesian in units of 2π/alat."""

import re
from pathlib import Path

import numpy as np

from nnpp.formats.codes.espresso_run import ROOT, Run, gathered
from nnpp.formats.codes.format import Beside, Format, crystal_in
from nnpp.formats.codes.occupation import said_to_fill
from nnpp.formats.codes.xml_elements import Element
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS

FIXED_DENSITY = ("bands", "nscf")
"""Calculations without a cycle; pw.x calls them unconverged, whatever they reach."""

MOVING = ("md", "vc-md")
"""Calculations that move the atoms once more after the last levels."""

NAME = re.compile(r"([A-Z][a-z]?|[a-z]{1,2})([^a-z].*)?")
"""A species as pw.x may call it: an element, and what tells it from others of its kind."""


def read_espresso(path: Path, beside: Beside) -> ReferenceBands:
    """The bands of a finished run of pw.x without collinear spins."""
    run = gathered(path)
    _refuse_unfinished(run)
    if run.true("lsda"):
        raise run.entry("lsda").error(
            "holds two spins", "repeat it with nspin = 1, or with lspinorb"
        )
    E, found = _levels(run), _crystal(run)
    cell = np.asarray(found.cell)
    spinor = run.true("noncolin") or run.true("spinorbit")
    top = run.real("highestOccupiedLevel")
    return ReferenceBands(
        path,
        run.rows("k") @ cell.T / _alat(run),
        E,
        cell=cell,
        crystal=found,
        spinor=spinor,
        occupied=said_to_fill(run.entry("nelec"), spinor, E.shape[1]),
        fermi=run.real("fermi_energy") if top is None else top,
        provenance=_provenance(run),
        notes=_notes(run),
    )


def _refuse_unfinished(run: Run) -> None:
    """A run must have ended well, its cycles converged, its atoms at rest."""
    if "hartree" not in run.entry("root").attributes.get("Units", "").lower():
        raise run.entry("root").error("does not say its units", "repeat the run")
    if run.text("status") not in ("", "0"):
        raise run.said["status"].error(
            f"the run failed (status {run.text('status')})", "repeat the run"
        )
    if run.text("calculation") in MOVING:
        raise run.said["calculation"].error(
            "moves the atoms on after the last levels", "run a calculation of 'bands'"
        )
    cycles = () if run.text("calculation") in FIXED_DENSITY else ("scf", "opt")
    for cycle in cycles:
        if cycle in run.said and not run.true(cycle):
            raise run.said[cycle].error(
                "is not converged", "repeat the run with more steps, or a weaker mixing"
            )


def _levels(run: Run) -> np.ndarray:
    """Levels at each k [hartree], as many k-points as the file announces."""
    nbnd, nks = (run.entry(name).whole(run.text(name)) for name in ("nbnd", "nks"))
    n, levels = len(run.rows("k")), len(run.rows("E", 1))
    if n != nks or levels != n * nbnd or not levels:
        raise run.entry("nks").error(
            f"announces {nks} k-points of {nbnd} levels, and holds {levels} levels",
            "finish the run",
        )
    return run.rows("E", nbnd)


def _alat(run: Run) -> float:
    """The length in units of which k is given [bohr]."""
    structure = run.entry("structure")
    alat = structure.real(structure.attributes.get("alat", ""))
    if alat <= 0:
        raise structure.error(f"alat is {alat:g}", "repeat the run")
    return alat


def _crystal(run: Run) -> Crystal:
    """The cell and atoms at the end of the run."""
    cell, positions = run.rows("cell"), run.rows("positions")
    if cell.shape == (3, 3) and abs(np.linalg.det(cell)) > 0:
        positions = positions @ np.linalg.inv(cell)
    return crystal_in(run.path, cell, positions, map(_symbol, run.species))


def _symbol(atom: Element) -> str:
    """The element of an atom: Si1 and Si_h are silicon, but CD may be cadmium or carbon."""
    name = atom.attributes.get("name", "")
    match = NAME.fullmatch(name)
    first, rest = match.groups("") if match else ("", "")
    symbol = first.capitalize()
    if symbol not in SYMBOLS or (rest and symbol + rest[0].lower() in SYMBOLS):
        raise atom.error(
            f"the species {name!r:.40} names no element for sure",
            "call it by its symbol, followed by a digit if need be",
        )
    return symbol


def _provenance(run: Run) -> dict[str, str]:
    """The program, its version, the functional, and the kind of run."""
    creator = run.said.get("creator")
    said = {
        "program": "Quantum ESPRESSO",
        "version": creator.attributes.get("VERSION", "") if creator else "",
        "functional": run.text("functional"),
        "calculation": run.text("calculation"),
        "occupations": run.text("occupations_kind"),
    }
    return {key: value for key, value in said.items() if value}


def _notes(run: Run) -> tuple[str, ...]:
    """A remark where the k-points are no path."""
    if "mesh" in run.said or run.text("calculation") not in FIXED_DENSITY:
        return ("its k-points are a mesh, not a path",)
    return ()


def _knows(name: str, head: str) -> bool:
    """Whether the root is that of the qexsd schema."""
    return f"<{ROOT}" in head


FORMATS = (
    Format(
        name="espresso",
        program="Quantum ESPRESSO: data-file-schema.xml or prefix.xml",
        knows=_knows,
        read=read_espresso,
    ),
)
