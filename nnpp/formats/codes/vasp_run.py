"""VASP: the content of a vasprun.xml that concerns the bands, read in one pass."""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.xml_elements import Element, elements

STATIC = "run a static calculation (NSW = 0) and name its vasprun.xml"
SPINS = ("holds two spins", "repeat the run with ISPIN = 1, or with LSORBIT")

SKIPPED = frozenset(
    ("partial", "primitive_cell", "projected", "projected_kpoints_opt", "total")
)
"""Tags that may fill most of a file and do not concern the bands."""

OPT = "modeling/calculation/eigenvalues_kpoints_opt kpoints_opt"
"""The place of the levels at the k-points of the file KPOINTS_OPT, since VASP 6.3."""

LEVELS = {
    "modeling/calculation/eigenvalues/array/set/spin/kpoint": "E",
    f"{OPT}/eigenvalues/array/set/spin/kpoint": "E opt",
}
SERIES = {
    "modeling/kpoints/kpointlist/v": ("k", 3),
    "modeling/kpoints/weights/v": ("weights", 1),
    f"{OPT}/kpoints/kpointlist/v": ("k opt", 3),
    f"{OPT}/kpoints/weights/v": ("weights opt", 1),
    "modeling/initialpos/crystal/basis/v": ("cell", 3),
    "modeling/initialpos/positions/v": ("positions", 3),
    "modeling/calculation/scstep/energy/e_fr_energy": ("energy", 1),
}
WORDS = {
    "modeling/atominfo/atoms/set/rc/c": "atoms",
    "modeling/atominfo/atomtypes/set/rc/c": "types",
}
ENTRIES = {
    "modeling/generator/version": "version",
    "modeling/kpoints/generation": "generation",
    f"{OPT}/kpoints/generation": "generation opt",
    "modeling/calculation/eigenvalues/array/field": "field",
    "modeling/calculation/dos/efermi": "efermi",
    "modeling/calculation/dos kpoints/efermi": "efermi",
}
PARAMETERS = frozenset(
    "AEXX EDIFF GGA HFSCREEN IALGO ICHARG ISPIN LHFCALC LNONCOLLINEAR LSORBIT METAGGA NELECT "
    "NELM".split()
)
ONCE = {
    "modeling/calculation": ("holds several ionic steps", STATIC),
    "modeling/calculation/eigenvalues": ("holds several sets of levels", STATIC),
    "modeling/calculation/eigenvalues/array/set/spin": SPINS,
    f"{OPT}/eigenvalues/array/set/spin": SPINS,
}
"""Elements that may occur once, and the error for a second one."""


@dataclass(frozen=True)
class Run:
    """The content of a vasprun.xml that concerns the bands.

    Attributes:
        path: the file.
        numbers: series of numbers by name, flattened.
        ends: total number of levels read at the end of each k-point.
        words: series of words by name.
        entries: single entries by name.
    """

    path: Path
    numbers: Mapping[str, array]
    ends: Mapping[str, array]
    words: Mapping[str, list[str]]
    entries: Mapping[str, Element]

    def vectors(self, name: str, width: int = 3) -> np.ndarray:
        """Return a series of numbers as rows."""
        return np.array(self.numbers.get(name, ()), float).reshape(-1, width)

    def true(self, name: str) -> bool:
        """Return whether a logical parameter is true."""
        return self.text(name).upper().strip(".")[:1] == "T"

    def text(self, name: str) -> str:
        """Return an entry as text, "" if it is missing."""
        return self.entries[name].text if name in self.entries else ""

    def integer(self, name: str, default: int) -> int:
        """Return an entry that is an integer."""
        return self.entries[name].integer(self.text(name)) if name in self.entries else default

    def real(self, name: str) -> float | None:
        """Return an entry that is a number, None if it is missing."""
        return self.entries[name].real(self.text(name)) if name in self.entries else None

    def error(self, what: str, remedy: str, name: str = "") -> InputError:
        """Return an error at the line of an entry, if it exists."""
        line = self.entries[name].number if name in self.entries else None
        return InputError(what, remedy, self.path, line)


def read_run(path: Path) -> Run:
    """Return the relevant content of a file of any size."""
    numbers, ends = defaultdict(lambda: array("d")), defaultdict(lambda: array("q"))
    words: dict[str, list[str]] = defaultdict(list)
    entries: dict[str, Element] = {}
    for element in elements(path, _label, SKIPPED):
        place = element.place
        within, _, name = place.rpartition("/")
        if name == "r" and within in LEVELS:
            numbers[LEVELS[within]].append(_level(element))
        elif place in LEVELS:
            ends[LEVELS[place]].append(len(numbers[LEVELS[place]]))
        elif place in SERIES:
            numbers[SERIES[place][0]].extend(_vector(element, SERIES[place][1]))
        elif place in WORDS:
            words[WORDS[place]].append(element.text)
        elif place in ENTRIES:
            entries.setdefault(ENTRIES[place], element)
        elif name in PARAMETERS and within.startswith("modeling/parameters"):
            entries.setdefault(name, element)
        elif place in ONCE and entries.setdefault(place, element) is not element:
            raise element.error(*ONCE[place])
    return Run(path, numbers, ends, words, entries)


def _label(tag: str, attributes: Mapping[str, str]) -> str:
    """Return the `name` of an element, "spin" or "kpoint" for numbered sets, or its tag."""
    comment = attributes.get("comment", "")
    if "name" in attributes:
        return attributes["name"]
    if tag == "set":
        return comment.rstrip("0123456789* ") or tag
    return f"{tag} {comment}".rstrip()


def _level(row: Element) -> float:
    """Return the level in a row of level and occupation [eV]."""
    return row.real(row.words[0] if row.words else "")


def _vector(element: Element, width: int) -> list[float]:
    """Return the numbers of an element; raise an error unless there are `width`."""
    if len(element.words) != width:
        raise element.error(f"has {len(element.words)} numbers, not {width}", "repeat the run")
    return element.reals()
