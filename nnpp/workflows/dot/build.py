"""`nnpp dot build`: a nanocrystal cut from a crystal, and the file that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.files.text import exists
from nnpp.formats.dots import format_named, format_of, write_dot
from nnpp.formats.structures import covalent_radius, read_structure
from nnpp.structures.dots import perovskite
from nnpp.structures.dots.composition import alloyed, with_shell
from nnpp.structures.dots.crystals import NAME, bonds_of, named_crystal
from nnpp.structures.dots.cut import Cut, cut_out, pruned
from nnpp.structures.dots.dot import Dot, dot
from nnpp.structures.dots.lattice import Lattice, centre_of, lattice_of
from nnpp.structures.dots.passivation import (
    GAUSSIAN,
    NOTHING,
    ON_ANIONS_OF_WURTZITE,
    Added,
    gaussian,
    ligands,
)
from nnpp.structures.dots.relax import Relaxed, pairs_in, relaxed
from nnpp.structures.dots.shapes import Frame, shape_named
from nnpp.structures.dots.sizes import size_of_count
from nnpp.structures.symmetry import space_group
from nnpp.units import LENGTH
from nnpp.workflows.dot.options import Request
from nnpp.workflows.dot.report import rows_of_cube, rows_of_cut

NM = LENGTH["nm"]

GROUP_OF_WURTZITE = "(186)"

CENTRE = "cation"
"""The centre of a dot, unless it is given."""

CELLS = ("--cells", "are built from cells")

MOST_OFF = 0.1
"""Largest deviation from the requested number of atoms, as a part of it."""


@dataclass(frozen=True)
class Built:
    """A dot, its description and its file.

    Attributes:
        title: crystal, shape and size.
        dot: the dot.
        rows: names and values of a table.
        path: the file.
    """

    title: str
    dot: Dot
    rows: tuple[tuple[str, str], ...]
    path: Path


def run_build(name: str, request: Request) -> Built:
    """Build the dot of a crystal, write its file, and return both.

    Args:
        name: a structure file, or a name as zb-CdSe.
        request: the options.
    """
    path, form = _destination(name, request)
    is_cube = name.startswith("perovskite-") and not Path(name).is_file()
    title, made, rows = (_cube if is_cube else _cut_dot)(name, request)
    write_dot(path, made, form)
    return Built(title, made, tuple(rows), path)


def _destination(name: str, request: Request) -> tuple[Path, str]:
    """Return the file and its format; raise an error if it exists or cannot be written."""
    form = request.format
    suffix = format_named(form or "extxyz").suffixes[0]
    path = request.out or Path(f"{Path(name).stem}-{_size_text(request)}{suffix}")
    if exists(path) and not request.force:
        raise InputError("exists", "add --force to replace it, or choose another --out", path)
    refuse_unwritable(path.parent)
    return path, form or format_of(path)


def _size_text(request: Request) -> str:
    """Return the size as part of a file name."""
    if request.diameter is not None:
        return f"{request.diameter / NM:.4g}nm"
    if request.atoms is not None:
        return f"{request.atoms}atoms"
    return "x".join([str(request.cells)] * 3)


def _cut_dot(name: str, request: Request) -> tuple[str, Dot, list[tuple[str, str]]]:
    """Return title, dot and table of a dot cut from zinc blende or wurtzite."""
    if request.cells is not None or request.surface is not None:
        place, what = ("--surface", "have one") if request.cells is None else CELLS
        remedy = "give --diameter or --atoms, without --cells and --surface"
        raise InputError(f"only cubes of perovskites {what}", remedy, place)
    lattice = lattice_for(name, request.bonds)
    size, cut, removed = _cut(lattice, request)
    if request.shell is not None:
        cut = with_shell(cut, *request.shell[:2])
    cut = alloyed(cut, request.alloy, request.seed or 0)
    _refuse_unused(name, cut, lattice, request)
    found = _relaxed(cut, lattice, request)
    if found is not None:
        cut = found.cut
    added = _passivation(
        cut, cut.bonds if found is None else found.directions, lattice, request
    )
    strains = None
    if found is not None:
        strains = np.concatenate([found.strains, np.zeros(len(added.symbols))])
    r = np.concatenate([cut.positions, added.positions])
    made = dot(r, cut.symbols + added.symbols, strains)
    title = (
        f"{Path(name).name}: {request.shape} of {size / NM:.4g} nm, "
        f"centre: {request.centre or CENTRE}"
    )
    return title, made, rows_of_cut(cut, removed, added, made, lattice, found)


def lattice_for(
    name: str, bonds: Mapping[tuple[str, str], float] = MappingProxyType({})
) -> Lattice:
    """Return the crystal of a file or of a name, with its bonds.

    Args:
        name: a structure file, or a name as zb-CdSe.
        bonds: other lengths of bonds of cation and anion [bohr].
    """
    if Path(name).is_file():  # a folder of a fit may have the name of a crystal
        try:
            return lattice_of(read_structure(Path(name)))
        except InputError as error:
            raise error.at(name) from error
    found = NAME.fullmatch(name)
    own = None if found is None else bonds.get((found[2], found[3]))
    return lattice_of(named_crystal(name, own))


def _cut(lattice: Lattice, request: Request) -> tuple[float, Cut, tuple[str, ...]]:
    """Return the size of the core [bohr], the atoms, and the elements of those removed."""
    centre, shape = centre_of(lattice, request.centre or CENTRE), shape_named(request.shape)
    axis = request.axis or (0, 0, 1)
    frame = Frame(lattice.crystal, axis, request.length, request.facets)
    shell = 0.0 if request.shell is None else request.shell[2]

    def at(size: float) -> tuple[Cut, tuple[str, ...]]:
        return pruned(cut_out(lattice, centre, shape(size, frame), shell))

    def count_at(size: float) -> int:
        try:
            return len(at(size)[0].symbols)
        except InputError:  # too small for an atom, or too large
            return 0 if size < guess else 10 * wanted

    size = request.diameter
    if size is None:
        wanted = request.atoms or 1
        guess = (6 * wanted * lattice.volume_per_atom / np.pi) ** (1 / 3)
        shape(guess, frame)  # errors of the shape are not those of a size
        size = size_of_count(count_at, guess, wanted)
    cut, removed = at(size)
    count = len(cut.symbols)
    if request.atoms is not None and abs(count - request.atoms) > MOST_OFF * request.atoms:
        remedy = "give that, or another shape, shell, length or centre"
        raise InputError(f"the nearest number of atoms is {count:,}", remedy, "--atoms")
    return size, cut, removed


def _refuse_unused(name: str, cut: Cut, lattice: Lattice, request: Request) -> None:
    """Raise an error for the length of a bond that changes nothing."""
    used = set() if Path(name).is_file() else set(lattice.lengths)
    if _relaxes(request):
        used |= pairs_in(cut)
    for cation, anion in sorted(set(request.bonds) - used):
        what = f"the length of {cation}-{anion} is not used"
        remedy = "leave it out, or add --relax if the dot has such bonds"
        raise InputError(what, remedy, "--bond")


def _relaxes(request: Request) -> bool:
    """Return whether the atoms are relaxed."""
    if request.relax is None:
        return bool(request.alloy) or request.shell is not None
    return request.relax


def _relaxed(cut: Cut, lattice: Lattice, request: Request) -> Relaxed | None:
    """Return the relaxed dot; None if its bonds are those of the crystal and not requested."""
    if not _relaxes(request):
        return None
    pairs = pairs_in(cut)
    is_wurtzite = space_group(lattice.crystal).endswith(GROUP_OF_WURTZITE)
    return relaxed(cut, bonds_of(pairs, lattice.lengths | request.bonds, is_wurtzite))


def _passivation(
    cut: Cut, directions: Float[np.ndarray, "atom 4 3"], lattice: Lattice, request: Request
) -> Added:
    """Return what closes the broken bonds."""
    names = request.passivation or ("gaussian",)
    if names == ("none",):
        return NOTHING
    if names != ("gaussian",):
        return ligands(cut, directions, names, covalent_radius, request.neutral)
    places = dict(GAUSSIAN)
    if space_group(lattice.crystal).endswith(GROUP_OF_WURTZITE):
        places[-1] = ("P2", ON_ANIONS_OF_WURTZITE)
    return gaussian(cut, directions, request.places or places)


def _cube(name: str, request: Request) -> tuple[str, Dot, list[tuple[str, str]]]:
    """Return title, dot and table of a cube of a perovskite."""
    a, (A, B, X) = perovskite.lattice_constant(name), perovskite.elements(name)
    own = request.bonds.get((B, X))
    a = a if own is None else 2 * own
    if other := set(request.bonds) - {(B, X)}:
        what = f"the length of {'-'.join(min(other))} is not used"
        raise InputError(what, f"give {B}-{X}, half the lattice constant", "--bond")
    cells = request.cells
    if cells is None and request.diameter is not None:
        cells = max(1, round(request.diameter / a))
    if cells is None or request.shell or request.alloy or request.relax:
        what = "perovskites have no --atoms, --shell, --alloy and --relax"
        raise InputError(what, "give --cells or --diameter, and --surface", name)
    if set(request.passivation or ("none",)) != {"none"} or request.shape not in CUBES:
        what = "perovskites are cubes without passivants"
        raise InputError(what, "leave out --passivation and --shape", name)
    if request.places is not None or request.centre is not None:
        what = "perovskites have neither passivants nor another centre"
        raise InputError(what, "leave out --passivants and --centre", name)
    if not 1 <= cells <= MOST_CELLS:
        raise InputError(f"{cells} cells", f"give 1 to {MOST_CELLS}", "--cells")
    made = dot(*perovskite.perovskite_cube(name, cells, request.surface or A + X, a))
    title = f"{name}: cube of {cells} x {cells} x {cells} cells, {cells * a / NM:.4g} nm"
    return title, made, rows_of_cube(made, a)


CUBES = ("sphere", "cube")
"""The default shape is ignored for a perovskite."""

MOST_CELLS = 25
