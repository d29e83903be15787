"""What a data-file-schema.xml says of its bands, gathered in one passage through it."""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.xml_elements import Element, elements

ROOT = "qes:espresso"
BANDS = f"{ROOT}/output/band_structure"
STRUCTURE = f"{ROOT}/output/atomic_structure"

SKIPPED = frozenset(("forces", "step", "symmetries"))
"""Tags that say nothing of the bands; a step is one of a relaxation, before the last."""

SAID = {
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


@dataclass(frozen=True)
class Run:
    """A run of pw.x.

    Attributes:
        path: its file.
        said: single entries by name.
        numbers: vectors by name, one after another, and the levels "E".
        species: what each atom is called.
    """

    path: Path
    said: Mapping[str, Element]
    numbers: Mapping[str, array]
    species: tuple[Element, ...]

    def rows(self, name: str, width: int = 3) -> np.ndarray:
        """Numbers as rows."""
        return np.array(self.numbers.get(name, ()), float).reshape(-1, width)

    def entry(self, name: str) -> Element:
        """An entry that every such file has."""
        if name not in self.said:
            raise InputError(f"does not say {name}", "repeat the run", self.path)
        return self.said[name]

    def text(self, name: str) -> str:
        """An entry in words, "" where there is none."""
        return self.said[name].text if name in self.said else ""

    def true(self, name: str) -> bool:
        """A logical entry that every such file has."""
        entry = self.entry(name)
        if entry.text not in ("true", "false"):
            raise entry.error(f"{name} is {entry.text!r:.40}", "repeat the run")
        return entry.text == "true"

    def real(self, name: str) -> float | None:
        """An entry that is a number [hartree], if it is there."""
        return self.said[name].real(self.text(name)) if name in self.said else None


def gathered(path: Path) -> Run:
    """All that matters of a file of any size; a damaged one is an InputError."""
    numbers, said = defaultdict(lambda: array("d")), {}
    species: list[Element] = []
    for element in elements(path, skipped=SKIPPED):
        place = element.place
        if place == f"{BANDS}/ks_energies/eigenvalues":
            numbers["E"].extend(_eigenvalues(element, said))
        elif place in VECTORS:
            if len(element.words) != 3:
                raise element.error(
                    f"has {len(element.words)} numbers, not 3", "repeat the run"
                )
            numbers[VECTORS[place]].extend(element.reals())
            species += [element] * place.endswith("/atom")
        elif place in SAID:
            said[SAID[place]] = element
    return Run(path, said, numbers, tuple(species))


def _eigenvalues(element: Element, said: Mapping[str, Element]) -> list[float]:
    """The levels at one k-point, as many as there are bands [hartree]."""
    nbnd = said["nbnd"].whole(said["nbnd"].text) if "nbnd" in said else 0
    size = element.attributes.get("size", str(nbnd))
    if not len(element.words) == element.whole(size) == nbnd:
        raise element.error(
            f"has {len(element.words)} levels of {size}, where nbnd is {nbnd}", "repeat the run"
        )
    return element.reals()
