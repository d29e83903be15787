"""What a vasprun.xml says that bears upon its bands, gathered in one passage through it."""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.xml_elements import Element, elements

STATIC = "run a static calculation (NSW = 0) and name its vasprun.xml"
SPINS = ("holds two spins", "repeat it with ISPIN = 1, or with LSORBIT")

SKIPPED = frozenset(
    ("partial", "primitive_cell", "projected", "projected_kpoints_opt", "total")
)
"""Tags that may fill most of a file and say nothing of the bands."""

OPT = "modeling/calculation/eigenvalues_kpoints_opt kpoints_opt"
"""Where VASP 6.3 and later put the levels at the k-points of the file KPOINTS_OPT."""

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
SAID = {
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
"""What there may be one of, and what a second one means."""


@dataclass(frozen=True)
class Run:
    """A run of VASP.

    Attributes:
        path: its vasprun.xml.
        numbers: series of numbers by name, one vector or level after another.
        ends: how many levels have been read where each k-point ends.
        words: series of words by name.
        said: single entries by name.
    """

    path: Path
    numbers: Mapping[str, array]
    ends: Mapping[str, array]
    words: Mapping[str, list[str]]
    said: Mapping[str, Element]

    def vectors(self, name: str, width: int = 3) -> np.ndarray:
        """A series of numbers as rows."""
        return np.array(self.numbers.get(name, ()), float).reshape(-1, width)

    def true(self, name: str) -> bool:
        """Whether a logical parameter is set."""
        return self.text(name).upper().strip(".")[:1] == "T"

    def text(self, name: str) -> str:
        """An entry, "" where there is none."""
        return self.said[name].text if name in self.said else ""

    def whole(self, name: str, default: int) -> int:
        """An entry that is a whole number."""
        return self.said[name].whole(self.text(name)) if name in self.said else default

    def real(self, name: str) -> float | None:
        """An entry that is a number."""
        return self.said[name].real(self.text(name)) if name in self.said else None

    def error(self, what: str, remedy: str, name: str = "") -> InputError:
        """An error, told of the line of an entry if there is one."""
        line = self.said[name].number if name in self.said else None
        return InputError(what, remedy, self.path, line)


def gathered(path: Path) -> Run:
    """All that matters of a file of any size; a damaged one is an InputError."""
    numbers, ends = defaultdict(lambda: array("d")), defaultdict(lambda: array("q"))
    words: dict[str, list[str]] = defaultdict(list)
    said: dict[str, Element] = {}
    for element in elements(path, _called, SKIPPED):
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
        elif place in SAID:
            said.setdefault(SAID[place], element)
        elif name in PARAMETERS and within.startswith("modeling/parameters"):
            said.setdefault(name, element)
        elif place in ONCE and said.setdefault(place, element) is not element:
            raise element.error(*ONCE[place])
    return Run(path, numbers, ends, words, said)


def _called(tag: str, attributes: Mapping[str, str]) -> str:
    """The `name` of an element, "spin" and "kpoint" for numbered sets, or its tag."""
    comment = attributes.get("comment", "")
    if "name" in attributes:
        return attributes["name"]
    if tag == "set":
        return comment.rstrip("0123456789* ") or tag
    return f"{tag} {comment}".rstrip()


def _level(row: Element) -> float:
    """The level in a row of level and occupation [eV]."""
    return row.real(row.words[0] if row.words else "")


def _vector(element: Element, width: int) -> list[float]:
    """The numbers of an element, which are so many."""
    if len(element.words) != width:
        raise element.error(
            f"has {len(element.words)} numbers where {width} are due", "repeat the run"
        )
    return element.reals()
