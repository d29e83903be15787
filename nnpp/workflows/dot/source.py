"""The potential of a dot, and the plane waves that belong to it.

A potential is that of a run, of a fit, one that is shipped, or in files of a
filter-diagonalisation code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnpp.basis.rules import RULES, Rule
from nnpp.config.inputs import NAMES, read_inputs
from nnpp.errors import InputError
from nnpp.files.tensors import STEM
from nnpp.files.text import exists, sha256_of
from nnpp.formats.filter_tables import read_potentials
from nnpp.formats.model import read_model
from nnpp.formats.structures import formula, fractions
from nnpp.hamiltonian.dot_system import unknown_symbols
from nnpp.potentials.potential import Potential
from nnpp.setup.potential import potential_of, untrained
from nnpp.setup.prepare import prepare
from nnpp.structures.dots.dot import Dot
from nnpp.workflows.fits.basis import stated_bases
from nnpp.workflows.fits.read import file_name

USUAL_CUTOFF = 5.0
"""Cutoff for files of filter-diagonalisation codes, which state none [hartree]."""


@dataclass(frozen=True)
class Basis:
    """Plane waves of a dot.

    Attributes:
        cutoff: cutoff [hartree].
        rule: name of the rule that selects plane waves.
        note: where they are from, if there was a choice.
    """

    cutoff: float
    rule: str
    note: str = ""

    @property
    def of_rule(self) -> Rule:
        """The rule."""
        return RULES[self.rule]


@dataclass(frozen=True)
class Source:
    """A potential for dots.

    Attributes:
        name: its name in results.
        potential: the potential.
        systems: the fitted systems with their cutoffs; none for files of other codes.
        files: SHA-256 of the files by their names.
        notes: what the user should know.
    """

    name: str
    potential: Potential
    systems: tuple[dict[str, Any], ...]
    files: dict[str, str]
    notes: tuple[str, ...] = ()


def source_of_run(path: Path) -> Source:
    """Return the potential of a run, of the folder of a fit, or a shipped one by its name."""
    fit_here = path.is_dir() and any(exists(path / name) for name in NAMES)
    if fit_here and not exists(path / f"{STEM}.safetensors"):
        return _of_fit(path)
    model = read_model(path)
    file = model.path.absolute()
    name = file.parent.name if file.stem == STEM else file.stem
    files = {file.name: sha256_of(file)}
    return Source(file_name(name), model.potential, tuple(stated_bases(model)), files)


def _of_fit(path: Path) -> Source:
    """Return the potential of a fit that is not trained."""
    fit = read_inputs(path)
    systems = tuple(
        {
            "name": case.spec.name,
            "formula": formula(case.crystal),
            "cutoff_hartree": case.spec.cutoff,
            "plane_waves": case.spec.plane_waves,
        }
        for case in prepare(fit)
    )
    files = {fit.source.name: sha256_of(fit.source)}
    return Source(fit.name, potential_of(fit), systems, files, untrained(fit))


def source_of_tables(folder: Path) -> Source:
    """Return the potential in potX.par and other files of a filter-diagonalisation code."""
    potential = read_potentials(folder)
    files = sorted([*folder.glob("pot*.par"), *folder.glob("SO_*.par")])
    hashes = {file.name: sha256_of(file) for file in files}
    return Source(file_name(folder.resolve().name), potential, (), hashes)


def refuse_unknown(symbols: Sequence[str], source: Source) -> None:
    """Raise an error for an element or a passivant that the potential does not have."""
    potential = source.potential
    known = ", ".join(potential.species)
    for symbol in unknown_symbols(symbols, potential):
        raise InputError(
            f"the potential {source.name} has no {symbol}, only {known}",
            "choose another potential, or build the dot of its elements",
        )


def basis_of_dot(of: Dot, source: Source, cutoff: float | None) -> Basis:
    """Return the plane waves of a dot.

    They are those of the fitted system with its elements; of several systems, those of the
    largest cutoff.

    Args:
        of: the dot.
        source: the potential.
        cutoff: another cutoff [hartree]; None for that of the fit.
    """
    bases = {_stated(system): system for system in source.systems}
    if not bases:
        note = "" if cutoff else f"the files state no cutoff: {USUAL_CUTOFF:g} hartree is taken"
        return Basis(cutoff or USUAL_CUTOFF, "per-k", note)
    note = ""
    if len(bases) > 1:
        bases, note = _of_elements(set(of.atoms), source.systems)
    found, rule = max(bases)
    return Basis(found, rule, note) if cutoff is None else Basis(cutoff, rule)


def _stated(system: dict[str, Any]) -> tuple[float, str]:
    """Return cutoff [hartree] and rule of a system."""
    return float(system["cutoff_hartree"]), system.get("plane_waves", "per-k")


def _of_elements(
    elements: set[str], systems: Sequence[dict[str, Any]]
) -> tuple[dict[tuple[float, str], dict[str, Any]], str]:
    """Return the bases of the systems of these elements, or of a part of them, and a note."""
    parts = [(set(fractions(s["formula"])), s) for s in systems if "formula" in s]
    some = [s for of_system, s in parts if of_system <= elements] or list(systems)
    bases = {_stated(s): s for s in some}
    largest = bases[max(bases)]
    note = f"cutoff {_stated(largest)[0]:.6g} hartree of {largest['name']}"
    return bases, note + (", the largest of its compounds" if len(bases) > 1 else "")
