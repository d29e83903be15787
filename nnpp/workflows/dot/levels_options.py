"""`nnpp dot levels`: the options, and how they are read from the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnpp.config.values import cutoff_energy, length, quantity
from nnpp.errors import InputError, suggest
from nnpp.runs.question import number_part, question_name
from nnpp.units import ENERGY

BASES = ("sphere", "grid")
CUBES = ("homo", "lumo")

USUAL = 8
"""States on each side of the gap, by default."""

MOST_STATES = 2000
"""Largest number of states on one side of the gap."""

LARGEST_BOX = 1e4
"""Largest edge of a box [bohr]."""


@dataclass(frozen=True)
class Request:
    """The options of `nnpp dot levels`; None if the user gives no value.

    Attributes:
        run: a run, a folder of a fit, or the name of a shipped potential.
        potentials: folder of the files of a filter-diagonalisation code.
        basis: `sphere` of plane waves or `grid` of points.
        cutoff: cutoff [hartree]; by default that of the fit.
        box: edges of the box [bohr].
        valence: number of states below the gap.
        conduction: number of states above the gap.
        window: energies between which all states are wanted [hartree].
        occupied: number of occupied states; by default from formal charges.
        cube: levels whose densities are written.
        states: whether the states are written.
        warm: results folder of a similar dot with its states.
        converge: whether the edges are computed at a higher cutoff too.
        seed: seed of the random starting functions.
        out: folder of results.
        force: whether earlier results are replaced.
    """

    run: Path | None = None
    potentials: Path | None = None
    basis: str = "sphere"
    cutoff: float | None = None
    box: tuple[float, float, float] | None = None
    valence: int | None = None
    conduction: int | None = None
    window: tuple[float, float] | None = None
    occupied: int | None = None
    cube: tuple[str, ...] = ()
    states: bool = False
    warm: Path | None = None
    converge: bool = False
    seed: int = 0
    out: Path = Path("results")
    force: bool = False

    def __post_init__(self) -> None:
        """Raise an error for options that exclude others."""
        if self.basis not in BASES:
            raise InputError(
                f"unknown basis {self.basis!r:.20}", suggest(self.basis, BASES), "--basis"
            )
        for name, least in (("valence", 1), ("conduction", 1), ("occupied", 1)):
            value = getattr(self, name)
            if value is not None and not least <= value:
                raise InputError(f"{value} is too few", f"give at least {least}", f"--{name}")
            if name != "occupied" and value is not None and value > MOST_STATES:
                what = f"{value:,} states are too many"
                raise InputError(what, f"give at most {MOST_STATES:,}", f"--{name}")
        for option, excluded, what, remedy in EXCLUDED:
            if excluded(self):
                raise InputError(what, remedy, option)

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of states below and above the gap."""
        return self.valence or USUAL, self.conduction or USUAL

    @property
    def question(self) -> str:
        """The name of the folder for what is asked; empty for the default."""
        parts = []
        if self.basis != "sphere":
            parts.append(f"basis-{self.basis}")
        if self.cutoff is not None:
            parts.append(number_part("cutoff", self.cutoff, "hartree"))
        if self.box is not None:
            parts.append(f"box-{'x'.join(f'{x:.6g}' for x in self.box)}-bohr")
        for name, usual in (("valence", USUAL), ("conduction", USUAL), ("occupied", None)):
            value = getattr(self, name)
            if value not in (None, usual):
                parts.append(number_part(name, value))
        if self.window is not None:
            low, high = (x / ENERGY["eV"] for x in self.window)
            parts.append(f"window-{low:.6g}_{high:.6g}-eV")
        return question_name(parts)


EXCLUDED: tuple[tuple[str, Callable[[Request], bool], str, str], ...] = (
    (
        "--potentials",
        lambda of: of.run is not None and of.potentials is not None,
        "two potentials are given",
        "give --run or --potentials",
    ),
    (
        "--window",
        lambda of: of.window is not None and not of.valence is of.conduction is None,
        "the window decides how many states are computed",
        "leave out --valence and --conduction",
    ),
    (
        "--basis",
        lambda of: of.basis == "grid" and of.run is not None,
        "a grid needs the files of a filter-diagonalisation code",
        "name the folder of a job as the dot, without --run, or leave out --basis grid",
    ),
    (
        "--cutoff",
        lambda of: of.basis == "grid" and of.cutoff is not None,
        "a grid has no cutoff",
        "leave out --cutoff, or --basis grid",
    ),
    (
        "--box",
        lambda of: of.basis == "grid" and of.box is not None,
        "the box of a grid is that of its job",
        "leave out --box, or --basis grid",
    ),
    (
        "--warm",
        lambda of: of.basis == "grid" and of.warm is not None,
        "a warm start is between plane waves",
        "leave out --warm, or --basis grid",
    ),
    (
        "--converge",
        lambda of: of.basis == "grid" and of.converge,
        "a grid has no cutoff",
        "leave out --converge, or --basis grid",
    ),
)
"""Options, when they exclude others, and the error: what is wrong and what to do."""


def read_cutoff(text: str | None) -> float | None:
    """Return a cutoff [hartree]."""
    if text is None:
        return None
    try:
        cutoff = cutoff_energy(text)
    except InputError as error:
        raise error.at("--cutoff") from error
    if cutoff <= 0:
        raise InputError("is not above zero", "write e.g. '5 hartree'", "--cutoff")
    return cutoff


def read_box(text: str | None) -> tuple[float, float, float] | None:
    """Return the edges of a box [bohr], as '45.6 41.6 36 bohr'."""
    if text is None:
        return None
    words = text.replace(",", " ").split()
    remedy = "write three lengths and a unit, e.g. '45.6 41.6 36 bohr'"
    if len(words) != 4:
        raise InputError(f"{text!r:.40} is not a box", remedy, "--box")
    try:
        x, y, z = (length(f"{word} {words[3]}") for word in words[:3])
    except InputError as error:
        raise InputError(error.what, remedy, "--box") from error
    if not 0 < min(x, y, z) <= max(x, y, z) <= LARGEST_BOX:
        what = f"edges are not between 0 and {LARGEST_BOX:g} bohr"
        raise InputError(what, remedy, "--box")
    return x, y, z


def read_window(text: str | None) -> tuple[float, float] | None:
    """Return two energies [hartree], as '-7 -2 eV' or '-7 -2' in eV."""
    if text is None:
        return None
    words = text.replace(",", " ").split()
    unit = words.pop() if len(words) == 3 else "eV"
    remedy = "write two energies, e.g. '-7 -2 eV'"
    if len(words) != 2:
        raise InputError(f"{text!r:.40} is not a window", remedy, "--window")
    try:
        low, high = (quantity(f"{word} {unit}", ENERGY) for word in words)
    except InputError as error:
        raise InputError(error.what, remedy, "--window") from error
    if low >= high:
        raise InputError("the first energy is not below the second", remedy, "--window")
    return low, high


def read_cube(text: str | None) -> tuple[str, ...]:
    """Return the levels whose densities are written, as 'homo,lumo'."""
    names = tuple((text or "").lower().replace(",", " ").split())
    if text is not None and not names:
        raise InputError("no level is named", "write homo, lumo or homo,lumo", "--cube")
    for name in names:
        if name not in CUBES:
            raise InputError(f"unknown level {name!r:.20}", suggest(name, CUBES), "--cube")
    return tuple(dict.fromkeys(names))
