"""Quantum ESPRESSO: data-file-schema.xml, in hartree and bohr; k Cartesian in units of 2π/alat.

The file is read element by element, so that memory stays small for files of any size.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.format import Format, Hints, crystal_in, full_levels
from nnpp.formats.codes.xml_elements import Element, elements
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS

ROOT = "qes:espresso"
BANDS = f"{ROOT}/output/band_structure"
STRUCTURE = f"{ROOT}/output/atomic_structure"

SKIPPED = frozenset(("forces", "step", "symmetries"))
"""Tags without information on the bands; "step" is a step of a relaxation before the last."""

ENTRIES = {
    ROOT: "root",
    f"{ROOT}/general_info/creator": "creator",
    f"{ROOT}/input/control_variables/calculation": "calculation",
    f"{ROOT}/output/convergence_info/scf_conv/convergence_achieved": "scf",
    f"{ROOT}/output/convergence_info/opt_conv/convergence_achieved": "opt",
    f"{ROOT}/output/dft/functional": "functional",
    f"{ROOT}/status": "status",
    f"{ROOT}/exit_status": "status",
    STRUCTURE: "structure",
    **{
        f"{BANDS}/{name}": name
        for name in "fermi_energy highestOccupiedLevel lsda nbnd nelec nks noncolin "
        "occupations_kind spinorbit".split()
    },
    f"{BANDS}/starting_k_points/monkhorst_pack": "mesh",
}
VECTORS = {
    f"{BANDS}/ks_energies/k_point": "k",
    f"{STRUCTURE}/atomic_positions/atom": "positions",
    **{f"{STRUCTURE}/cell/a{i}": "cell" for i in (1, 2, 3)},
}

FIXED_DENSITY = ("bands", "nscf")
"""Calculations without self-consistency; pw.x marks them as unconverged in any case."""

TWO_SPINS = "holds two spins", "repeat the run with nspin = 1, or with lspinorb"
"""What is wrong with collinear spins, and what to do."""

MOVING = ("md", "vc-md")
"""Calculations that move the atoms after the last levels were computed."""

NAME = re.compile(r"([A-Z][a-z]?|[a-z]{1,2})([^a-z].*)?")
"""A species of pw.x: the symbol of an element, then a suffix that distinguishes species."""


@dataclass(frozen=True)
class Run:
    """The content of a data-file-schema.xml that concerns the bands.

    Attributes:
        path: the file.
        entries: single entries by name.
        numbers: vectors by name, flattened, and the levels "E".
        species: the element <atom> of each atom.
    """

    path: Path
    entries: Mapping[str, Element]
    numbers: Mapping[str, array]
    species: tuple[Element, ...]

    def rows(self, name: str, width: int = 3) -> np.ndarray:
        """Return a series of numbers as rows."""
        return np.array(self.numbers.get(name, ()), float).reshape(-1, width)

    def entry(self, name: str) -> Element:
        """Return an entry that every such file has."""
        if name not in self.entries:
            raise InputError(f"does not give {name}", "repeat the run", self.path)
        return self.entries[name]

    def text(self, name: str) -> str:
        """Return an entry as text, "" if it is missing."""
        return self.entries[name].text if name in self.entries else ""

    def true(self, name: str) -> bool:
        """Return a logical entry that every such file has."""
        entry = self.entry(name)
        if entry.text not in ("true", "false"):
            raise entry.error(f"{name} is {entry.text!r:.40}", "repeat the run")
        return entry.text == "true"

    def real(self, name: str) -> float | None:
        """Return an entry that is a number [hartree], None if it is missing."""
        return self.entries[name].real(self.text(name)) if name in self.entries else None


def read_espresso(path: Path, _: Hints) -> ReferenceBands:
    """Return the bands of a finished run of pw.x without collinear spins."""
    run = read_run(path)
    _check_finished(run)
    if run.true("lsda"):
        raise run.entry("lsda").error(*TWO_SPINS)
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
        occupied=full_levels(run.entry("nelec"), spinor, E.shape[1], path),
        fermi=run.real("fermi_energy") if top is None else top,
        provenance=_provenance(run),
        notes=_notes(run),
    )


def _check_finished(run: Run) -> None:
    """Raise an error unless the run ended well, converged, with the final atoms."""
    if "hartree" not in run.entry("root").attributes.get("Units", "").lower():
        raise run.entry("root").error("does not give its units", "repeat the run")
    if run.text("status") not in ("", "0"):
        raise run.entries["status"].error(
            f"the run failed (status {run.text('status')})", "repeat the run"
        )
    if run.text("calculation") in MOVING:
        raise run.entries["calculation"].error(
            "moves the atoms after the last levels", "run a calculation of type 'bands'"
        )
    cycles = () if run.text("calculation") in FIXED_DENSITY else ("scf", "opt")
    for cycle in cycles:
        if cycle in run.entries and not run.true(cycle):
            raise run.entries[cycle].error(
                "is not converged", "repeat the run with more steps, or a weaker mixing"
            )


def _levels(run: Run) -> np.ndarray:
    """Return the levels at each k [hartree]; raise an error if some are missing."""
    nbnd, nks = (run.entry(name).integer(run.text(name)) for name in ("nbnd", "nks"))
    n, levels = len(run.rows("k")), len(run.rows("E", 1))
    if n != nks or levels != n * nbnd or not levels:
        raise run.entry("nks").error(
            f"announces {nks} k-points of {nbnd} levels, but holds {levels} levels",
            "finish the run",
        )
    return run.rows("E", nbnd)


def _alat(run: Run) -> float:
    """Return alat [bohr]: k is given in units of 2π/alat."""
    structure = run.entry("structure")
    alat = structure.real(structure.attributes.get("alat", ""))
    if alat <= 0:
        raise structure.error(f"alat is {alat:g}", "repeat the run")
    return alat


def _crystal(run: Run) -> Crystal:
    """Return the crystal at the end of the run."""
    cell, positions = run.rows("cell"), run.rows("positions")
    if cell.shape == (3, 3) and abs(np.linalg.det(cell)) > 0:
        positions = positions @ np.linalg.inv(cell)
    return crystal_in(run.path, cell, positions, map(_symbol, run.species))


def _symbol(atom: Element) -> str:
    """Return the element of an atom: Si1 and Si_h are Si, but CD may be cadmium or carbon."""
    name = atom.attributes.get("name", "")
    match = NAME.fullmatch(name)
    first, rest = match.groups("") if match else ("", "")
    symbol = first.capitalize()
    if symbol not in SYMBOLS or (rest and symbol + rest[0].lower() in SYMBOLS):
        raise atom.error(
            f"the species {name!r:.40} is not clearly an element",
            "name it by its symbol, followed by a digit if necessary",
        )
    return symbol


def _provenance(run: Run) -> dict[str, str]:
    """Return the program, its version, the functional and the type of calculation."""
    creator = run.entries.get("creator")
    about = {
        "program": "Quantum ESPRESSO",
        "version": creator.attributes.get("VERSION", "") if creator else "",
        "functional": run.text("functional"),
        "calculation": run.text("calculation"),
        "occupations": run.text("occupations_kind"),
    }
    return {key: value for key, value in about.items() if value}


def _notes(run: Run) -> tuple[str, ...]:
    """Return a note if the k-points are not a path."""
    if "mesh" in run.entries or run.text("calculation") not in FIXED_DENSITY:
        return ("the k-points are a mesh, not a path",)
    return ()


def read_run(path: Path) -> Run:
    """Return the relevant content of a file of any size."""
    numbers, entries = defaultdict(lambda: array("d")), {}
    species: list[Element] = []
    for element in elements(path, skipped=SKIPPED):
        place = element.place
        if place == f"{BANDS}/ks_energies/eigenvalues":
            numbers["E"].extend(_eigenvalues(element, entries))
        elif place in VECTORS:
            if len(element.words) != 3:
                raise element.error(
                    f"has {len(element.words)} numbers, not 3", "repeat the run"
                )
            numbers[VECTORS[place]].extend(element.reals())
            species += [element] * place.endswith("/atom")
        elif place in ENTRIES:
            entries[ENTRIES[place]] = element
    return Run(path, entries, numbers, tuple(species))


def _eigenvalues(element: Element, entries: Mapping[str, Element]) -> list[float]:
    """Return the levels at one k-point [hartree]; raise an error unless there are nbnd."""
    if "lsda" in entries and entries["lsda"].text == "true":  # with nbnd_up, without nbnd
        raise entries["lsda"].error(*TWO_SPINS)
    nbnd = entries["nbnd"].integer(entries["nbnd"].text) if "nbnd" in entries else 0
    size = element.attributes.get("size", str(nbnd))
    if not len(element.words) == element.integer(size) == nbnd:
        raise element.error(
            f"has {len(element.words)} levels of {size}, but nbnd is {nbnd}", "repeat the run"
        )
    return element.reals()


FORMATS = (
    Format(
        name="espresso",
        program="Quantum ESPRESSO (data-file-schema.xml or prefix.xml)",
        matches=lambda name, head: f"<{ROOT}" in head,
        read=read_espresso,
        code="Quantum ESPRESSO",
        traces=("charge-density.*", "wfc*.dat", "wfc*.hdf5", "data-file.xml"),
    ),
)
