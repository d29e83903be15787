"""`nnpp dot build`: the options, and how they are read from the command line."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnpp.config.values import quantity
from nnpp.errors import InputError
from nnpp.structures.dots.charges import CHARGES
from nnpp.structures.dots.dot import MOST_SITES, PASSIVANT
from nnpp.structures.electrons import SYMBOLS
from nnpp.units import LENGTH

LONG = ("rod", "platelet")
"""Shapes with a length."""

DIRECTION = re.compile(r"\s*([-−]?\d)[\s,]*([-−]?\d)[\s,]*([-−]?\d)\s*")
FACET = re.compile(r"([-−]?\d)([-−]?\d)([-−]?\d):(\d+\.?\d*|\.\d+)")
COMPOUND = re.compile(r"\s*([A-Z][a-z]?)([A-Z][a-z]?)\s+(\S.*)")
BOND = re.compile(r"\s*([A-Z][a-z]?)-([A-Z][a-z]?)\s+(\S.*)")
ALLOY = re.compile(r"([A-Z][a-z]?):(\d*\.?\d+)")
PLACE = re.compile(r"(\w+):(\d*\.?\d+)")


@dataclass(frozen=True)
class Request:
    """The options of a build; None if the user gives no value.

    Attributes:
        diameter: size of the core [bohr]; its meaning is that of the shape.
        atoms: number of atoms that the dot has about.
        shape: name of the shape.
        centre: name of the centre.
        length: length of a rod, or thickness of a platelet [bohr].
        axis: direction of rods and platelets, in units of the lattice vectors.
        facets: families of facets of a Wulff shape.
        shell: cation, anion and thickness [bohr] of the shell.
        alloy: fractions of new elements.
        seed: of the alloy.
        bonds: lengths of bonds between cation and anion [bohr].
        passivation: `none`, `gaussian`, or names of ligands.
        places: passivants on cations and anions, and their places on the bond.
        neutral: whether ligands are left out until the formal charges sum to zero.
        relax: whether the atoms are relaxed; by default dots of several compounds.
        cells: number of cells along the edges of a perovskite.
        surface: elements of the surface of a perovskite.
        out: the file; by default named after the dot.
        format: name of its format; by default that of the file.
        force: whether the file is replaced if it exists.
    """

    diameter: float | None = None
    atoms: int | None = None
    shape: str = "sphere"
    centre: str | None = None
    length: float | None = None
    axis: tuple[int, int, int] | None = None
    facets: dict[tuple[int, int, int], float] | None = None
    shell: tuple[str, str, float] | None = None
    alloy: dict[str, float] = field(default_factory=dict)
    seed: int | None = None
    bonds: dict[tuple[str, str], float] = field(default_factory=dict)
    passivation: tuple[str, ...] | None = None
    places: dict[int, tuple[str, float]] | None = None
    neutral: bool = False
    relax: bool | None = None
    cells: int | None = None
    surface: str | None = None
    out: Path | None = None
    format: str | None = None
    force: bool = False

    def __post_init__(self) -> None:
        """Raise an error for options that need or exclude others."""
        given = [x is not None for x in (self.diameter, self.atoms, self.cells)]
        if sum(given) != 1:
            what = "several sizes are given" if any(given) else "no size is given"
            raise InputError(what, "give one of --diameter '2.2 nm', --atoms, --cells", "size")
        if self.atoms is not None and not 1 <= self.atoms <= MOST_SITES:
            raise InputError(f"{self.atoms} atoms", f"give 1 to {MOST_SITES:,}", "--atoms")
        for option, unused, what, remedy in UNUSED:
            if unused(self):
                raise InputError(what, remedy, option)


UNUSED: tuple[tuple[str, Callable[[Request], bool], str, str], ...] = (
    (
        "--length",
        lambda of: of.length is not None and of.shape not in LONG,
        "only rods and platelets have a length",
        "add --shape rod or platelet",
    ),
    (
        "--axis",
        lambda of: of.axis is not None and of.shape not in LONG,
        "only rods and platelets have an axis",
        "add --shape rod or platelet",
    ),
    (
        "--facets",
        lambda of: of.facets is not None and of.shape != "wulff",
        "only Wulff shapes have them",
        "add --shape wulff",
    ),
    (
        "--seed",
        lambda of: of.seed is not None and not of.alloy,
        "only alloys are random",
        "add e.g. --alloy Te:0.3",
    ),
    (
        "--passivants",
        lambda of: of.places is not None and of.passivation not in (None, ("gaussian",)),
        "only Gaussian passivants have places",
        "leave out --passivation",
    ),
    (
        "--neutral",
        lambda of: of.neutral and not set(of.passivation or ()) - {"none", "gaussian"},
        "needs ligands",
        "add e.g. --passivation Cl",
    ),
)
"""Options, when they would change nothing, and the error: what is wrong and what to do."""


def read_length(option: str, text: str | None) -> float | None:
    """Return a length above zero [bohr]."""
    if text is None:
        return None
    try:
        value = quantity(text, LENGTH, "angstrom" if option == "--bond" else "nm")
    except InputError as error:
        raise error.at(option) from error
    if value <= 0:
        raise InputError("is not above zero", "write e.g. '2.2 nm'", option)
    return value


def read_axis(text: str | None) -> tuple[int, int, int] | None:
    """Return a direction, as 001 or '1 -1 0'."""
    if text is None:
        return None
    found = DIRECTION.fullmatch(text)
    if found is None or not any(map(_signed, found.groups())):
        raise InputError(
            f"{text!r:.30} is no direction", "write e.g. 001 or '1 -1 0'", "--axis"
        )
    a, b, c = map(_signed, found.groups())
    return a, b, c


def read_facets(text: str | None) -> dict[tuple[int, int, int], float] | None:
    """Return the relative distances of facets, as '100:1 111:1.1 -1-1-1:1.3'."""
    if text is None:
        return None
    facets = {}
    for word in text.replace(",", " ").split():
        found = FACET.fullmatch(word)
        if found is None or not float(found[4]) or not any(map(_signed, found.groups()[:3])):
            raise InputError(
                f"{word!r:.30} is no facet",
                "write indices and relative distance, as '100:1 111:1.1 -1-1-1:1.3'",
                "--facets",
            )
        h, k, l = map(_signed, found.groups()[:3])
        _refuse_twice((h, k, l), facets, word, "--facets")
        facets[(h, k, l)] = float(found[4])
    return facets


def _refuse_twice(key: object, known: Container[object], text: str, option: str) -> None:
    """Raise an error for an entry that was given before."""
    if key in known:
        raise InputError(f"{text!r:.30} repeats an entry", "give each once", option)


def _signed(text: str) -> int:
    return int(text.replace("−", "-"))


def read_shell(text: str | None) -> tuple[str, str, float] | None:
    """Return cation, anion and thickness [bohr] of a shell, as 'CdS 0.6 nm'."""
    if text is None:
        return None
    found = COMPOUND.fullmatch(text)
    if found is None or not {found[1], found[2]} <= set(SYMBOLS):
        raise InputError(f"{text!r:.30} is no shell", "write e.g. 'CdS 0.6 nm'", "--shell")
    thickness = read_length("--shell", found[3])
    assert thickness is not None, "a text gives a length"
    return found[1], found[2], thickness


def read_bonds(texts: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return lengths of bonds [bohr], each as 'Cd-Se 2.62 angstrom'."""
    bonds = {}
    for text in texts:
        found = BOND.fullmatch(text)
        pair = () if found is None else found.groups()[:2]
        charges = {symbol: CHARGES.get(symbol, 0) for symbol in pair}
        if found is None or min(charges.values()) >= 0 or max(charges.values()) <= 0:
            remedy = "write cation and anion, e.g. 'Cd-Se 2.62 angstrom'"
            raise InputError(f"{text!r:.30} is no bond", remedy, "--bond")
        d = read_length("--bond", found[3])
        assert d is not None, "a text gives a length"
        anion, cation = sorted(charges, key=lambda symbol: charges[symbol])
        _refuse_twice((cation, anion), bonds, text, "--bond")
        bonds[(cation, anion)] = d
    return bonds


def read_alloy(text: str | None) -> dict[str, float]:
    """Return fractions of new elements, as 'Te:0.3' or 'Te:0.2,Zn:0.1'."""
    fractions = {}
    for word in (text or "").replace(",", " ").split():
        found = ALLOY.fullmatch(word)
        if found is None or not 0 < float(found[2]) <= 1:
            remedy = "write an element and a fraction up to 1, as Te:0.3"
            raise InputError(f"{word!r:.30} is no part of an alloy", remedy, "--alloy")
        _refuse_twice(found[1], fractions, word, "--alloy")
        fractions[found[1]] = float(found[2])
    return fractions


def read_places(text: str | None) -> dict[int, tuple[str, float]] | None:
    """Return the passivants of cations and anions and their places, as 'P1:0.55,P2:0.25'."""
    if text is None:
        return None
    found = [PLACE.fullmatch(word) for word in text.replace(",", " ").split()]
    good = [m for m in found if m and PASSIVANT.fullmatch(m[1]) and 0 < float(m[2]) < 2]
    if len(good) != 2 or len(found) != 2:
        raise InputError(
            f"{text!r:.30} does not name two passivants",
            "write those of cations and of anions, as P1:0.55,P2:0.25",
            "--passivants",
        )
    return {sign: (m[1], float(m[2])) for sign, m in zip((1, -1), good, strict=True)}


def read_passivation(text: str | None) -> tuple[str, ...] | None:
    """Return `none`, `gaussian`, or the names of ligands, as 'Cl,H'."""
    if text is None:
        return None
    names = tuple(text.replace(",", " ").split())
    if not names or ({"none", "gaussian"} & set(names) and len(names) > 1):
        remedy = "write none, gaussian, or ligands as Cl or Cl,H"
        raise InputError(f"{text!r:.30} is no passivation", remedy, "--passivation")
    return names
