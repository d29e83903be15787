"""Options of the command line that change a fit before its bands are computed."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import Fit
from nnpp.config.kpoints import PathPoints
from nnpp.config.spec import FitSpec, validated
from nnpp.config.values import NUMBER, energy
from nnpp.errors import InputError, suggest
from nnpp.files.origin import Keys, Place
from nnpp.files.text import exists
from nnpp.runs.question import file_part, mesh_part, number_part, path_part
from nnpp.units import ENERGY, HARTREE_EV
from nnpp.workflows.bands.printing import (
    colours_of,
    font_of,
    formats_of,
    refuse_narrow,
    width_of,
)

ZEROS = ("vbm", "absolute")
"""Zeros of energy of a figure."""

FAT = ("element", "sp")
"""Groups of weights of states."""

COMPARABLE = (".csv", ".h5", ".json")
"""Files of bands that contain their k-points."""

MIN_WIDTH = ENERGY["meV"] * (1 - 1e-9)
"""A narrower Gaussian needs more energies than a figure can show [hartree]."""

MAX_PHOTON = 10.0
"""No pseudopotential describes photons of higher energy [hartree]."""


@dataclass(frozen=True)
class Choices:
    """Options of `nnpp bands`; None keeps the value of the fit.

    Attributes:
        path: special points, written as in fit.yaml.
        points: k-points along the path.
        cutoff: kinetic energy cutoff with its unit.
        bands: number of bands.
        solver: auto, dense or davidson.
        compare: a file of reference bands.
        zero: "vbm" or "absolute", in the figures.
        plot: whether to plot.
        html: whether to write HTML pages.
        dos: whether to compute the density of states.
        mesh: its mesh; by default with a spacing of about 0.08 bohr⁻¹.
        broadening: width of a Gaussian [hartree] instead of tetrahedra.
        connect: whether to write bands connected through crossings.
        window: lowest and highest energy of the figures, relative to their zero [eV], or "full"
            for all bands; by default −6 to 6 eV around the valence band maximum.
        fat: which weights of states to compute: "element" or "sp".
        width: width of the figures [inch].
        font: font size of the figures [pt].
        colours: of the lines in the figures.
        formats: of the figures, by default PNG and PDF.
    """

    path: str | None = None
    points: int | None = None
    cutoff: str | None = None
    bands: int | None = None
    solver: str | None = None
    compare: Path | None = None
    zero: str = "vbm"
    plot: bool = False
    html: bool = False
    dos: bool = False
    mesh: tuple[int, int, int] | None = None
    broadening: float | None = None
    connect: bool = False
    window: tuple[float, float] | Literal["full"] | None = None
    fat: str | None = None
    width: float | None = None
    font: float | None = None
    colours: tuple[str, ...] | None = None
    formats: tuple[str, ...] | None = None

    @property
    def of_dos(self) -> tuple[str, ...]:
        """The parts of a question that change the density of states, or add weights."""
        mesh = () if self.mesh is None else (mesh_part(self.mesh),)
        fat = () if self.fat is None else (f"fat-{self.fat}",)
        return (*mesh, *broaden_parts(self.broadening), *fat)


def broaden_parts(width: float | None) -> tuple[str, ...]:
    """Return the part of a question for a broadening [hartree]; none for None."""
    return () if width is None else (number_part("broaden", width * HARTREE_EV, "eV"),)


def chosen(fit: Fit, choices: Choices) -> Fit:
    """Return the fit with the options applied; an error in one names the option.

    Options that change the numbers make another question of the fit.
    """
    data = plain(fit.spec)
    if choices.compare is not None and len(data["systems"]) > 1:
        raise InputError(
            f"{fit.name} has {len(data['systems'])} systems, and a reference belongs to one",
            "name a fit with one system",
            "--compare",
        )
    places: dict[Keys, Place] = dict(fit.spec.origin.places)
    for i, system in enumerate(data["systems"]):
        for option, changes in _changes(system, choices, fit.spec.has_spin_orbit).items():
            system |= changes
            changed = {("systems", i, key): Place(Path(option)) for key in changes}
            places = {
                keys: p for keys, p in places.items() if keys[:3] not in changed
            } | changed
    origin = replace(fit.spec.origin, places=places)
    spec = validated(data, origin, Path.cwd())
    question = tuple(_question(fit.spec, spec, choices))
    return replace(fit, spec=spec, question=question, own=fit.spec if question else None)


def _question(own: FitSpec, spec: FitSpec, choices: Choices) -> Iterator[str]:
    """Yield a part of the question for each option that changes the fit `own` into `spec`."""
    before, after = plain(own)["systems"], plain(spec)["systems"]
    changed = {
        key for a, b in zip(before, after, strict=True) for key in b if a.get(key) != b[key]
    }
    first = spec.systems[0]
    if choices.compare is not None:
        if not exists(choices.compare):
            what = f"no such file: {choices.compare.name}"
            raise InputError(what, "correct the name, or add the file", "--compare")
        yield file_part("compare", choices.compare)
    if isinstance(first.kpoints, PathPoints) and "kpoints" in changed:
        if choices.path is not None:
            yield path_part(first.kpoints.path)
        if choices.points is not None:
            yield number_part("points", choices.points)
    if choices.cutoff is not None and "cutoff" in changed:
        yield number_part("cutoff", first.cutoff, "hartree")
    if choices.bands is not None and "bands" in changed:
        yield number_part("bands", choices.bands)


def _changes(
    system: dict[str, Any], choices: Choices, spinor: bool
) -> dict[str, dict[str, Any]]:
    """Return for each option given the keys of a system that it changes, and their values."""
    changes: dict[str, dict[str, Any]] = {}
    if choices.compare is not None:
        changes["--compare"] = _compared(system, choices.compare, spinor)
    if choices.path is not None:
        points = {} if choices.points is None else {"points": choices.points}
        changes["--path"] = {"kpoints": {"path": choices.path, **points}}
    elif choices.points is not None:
        own = system["kpoints"]
        along = own["path"] if isinstance(own, dict) and "path" in own else "auto"
        changes["--points"] = {"kpoints": {"path": along, "points": choices.points}}
    if choices.cutoff is not None:
        changes["--cutoff"] = {"cutoff": choices.cutoff}
    if choices.solver is not None:
        changes["--solver"] = {"solver": choices.solver}
    if choices.bands is not None:
        now = system | changes.get("--compare", {})
        changes["--bands"] = _counted(now, choices.bands, spinor)
    return changes


def _compared(system: dict[str, Any], file: Path, spinor: bool) -> dict[str, Any]:
    """Return another reference, with each spinless level once, and no weights."""
    if file.suffix.lower() not in COMPARABLE:
        raise InputError(
            f"unknown format of {file.name!r}",
            f"name a {', '.join(COMPARABLE[:-1])} or {COMPARABLE[-1]}",
            "--compare",
        )
    changes = {"reference": {"file": str(file.absolute())}, "kpoints": "reference"}
    changes |= {"weights": {}}
    if system["spin"] == "once" or spinor:
        return changes
    changes |= {"spin": "once"}
    if "bands" in system:
        changes["bands"] = _half(system["bands"])
    if isinstance(system["zero"], dict):
        changes["zero"] = system["zero"] | {"band": _half(system["zero"]["band"])}
    return changes


def _half(count: int) -> int:
    """Return the number of levels counted once, from levels counted twice."""
    return -(-count // 2)


def _counted(system: dict[str, Any], bands: int, spinor: bool) -> dict[str, Any]:
    """Return another number of bands; new bands have weight 1."""
    count = bands * (2 if system["spin"] == "doubled" and not spinor else 1)
    weights = system["weights"]
    if "bands" not in weights:
        return {"bands": count}
    padded = [*weights["bands"], *[1.0] * count][:count]
    return {"bands": count, "weights": weights | {"bands": padded}}


def choices(
    zero: str = "vbm",
    mesh: str | None = None,
    broaden: str | None = None,
    window: str | None = None,
    **others: Any,
) -> Choices:
    """Return the options of the command line, with those given as text parsed."""
    if zero not in ZEROS:
        raise InputError(f"unknown zero {zero!r}", suggest(zero, ZEROS), "--zero")
    for option, value in {"--mesh": mesh, "--broaden": broaden}.items():
        if value is not None and not others.get("dos"):
            raise InputError("applies to the density of states", "add --dos", option)
    if others.get("fat") not in (None, *FAT):
        raise InputError(
            f"unknown weights {others['fat']!r}", suggest(others["fat"], FAT), "--fat"
        )
    size = None if mesh is None else _mesh(mesh)
    broadening = None if broaden is None else _width(broaden)
    limits = None if window is None else _window(window)
    return Choices(mesh=size, broadening=broadening, zero=zero, window=limits, **others)


FIGURES: dict[str, Callable[[Any], Any]] = {
    "width": width_of,
    "font": font_of,
    "colours": colours_of,
    "formats": formats_of,
}
"""Options that change only figures, and how each is read."""


def figures(plot: bool, **given: Any) -> dict[str, Any]:
    """Return the options of figures that are given, each read from the command line."""
    known = {name: FIGURES[name](value) for name, value in given.items() if value is not None}
    if known and not plot:
        raise InputError("width, font, colours and format are of figures", "add --plot")
    refuse_narrow(known.get("width"), known.get("font"))
    return known


def light(
    mesh: str | None, broaden: str | None, to: str
) -> tuple[tuple[int, int, int] | None, float, float]:
    """Return mesh, width and highest photon energy of `nnpp optics` [hartree]."""
    size = None if mesh is None else _mesh(mesh)
    width, highest = _energy(broaden or "0.1 eV", "--broaden"), _energy(to, "--to")
    if 0 != width < MIN_WIDTH:
        raise InputError(
            f"{broaden} is below 1 meV", "write '0 eV' for no broadening", "--broaden"
        )
    if not 0 < highest <= MAX_PHOTON:
        raise InputError(f"{to} is out of range for photons", "write e.g. '10 eV'", "--to")
    return size, width, highest


def _energy(text: str, option: str) -> float:
    """Return the value of an option with its unit [hartree]."""
    try:
        return energy(text)
    except InputError as error:
        raise error.at(option) from error


def _width(text: str) -> float:
    """Return a width above zero [hartree]."""
    width = _energy(text, "--broaden")
    if width < MIN_WIDTH:
        raise InputError(f"{text} is below 1 meV", "write e.g. '0.1 eV'", "--broaden")
    return width


def _mesh(text: str) -> tuple[int, int, int]:
    """Return the three divisions of a mesh written as 12x12x12."""
    match = re.fullmatch(r"(\d{1,3})x(\d{1,3})x(\d{1,3})", text)
    size = tuple(int(n) for n in match.groups()) if match else (0, 0, 0)
    if min(size) < 1:
        raise InputError(
            f"{text!r} is not a mesh", "write three divisions, e.g. 12x12x12", "--mesh"
        )
    return size[0], size[1], size[2]


def _window(text: str) -> tuple[float, float] | Literal["full"]:
    """Return the two energies of a window written as -5:5 or -5,5 [eV], or "full"."""
    if text.strip().lower() == "full":
        return "full"
    match = re.fullmatch(rf"({NUMBER})[:,]({NUMBER})", text.replace(" ", ""))
    low, high = map(float, match.groups()) if match else (0.0, 0.0)
    if not -math.inf < low < high < math.inf:
        raise InputError(
            f"{text!r} is not a window",
            "write two energies in eV, e.g. -12,8, or full",
            "--window",
        )
    return low, high
