"""What the command line may change in a fit before its bands are computed."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnpp.errors import InputError, nearest
from nnpp.io.fit_yaml import plain
from nnpp.io.inputs import Fit
from nnpp.io.quantity import energy
from nnpp.io.schema.origin import Place
from nnpp.io.schema.troubles import checked

ZEROS = ("vbm", "absolute")
"""Where energies of a figure may be counted from."""


@dataclass(frozen=True)
class Choices:
    """Options of `nnpp bands`; None leaves what the fit says.

    Attributes:
        path: special points, as in fit.yaml.
        points: k-points along the path.
        cutoff: kinetic energy with its unit.
        bands: levels per k-point.
        compare: a file of reference bands.
        zero: "vbm" or "absolute", of the figures.
        plot: whether to draw.
        html: whether to write a page.
        dos: whether to compute the density of states.
        mesh: its mesh; by default about 0.08 bohr⁻¹ apart.
        broadening: width of a Gaussian [hartree] in place of tetrahedra.
        connect: whether to write bands followed through crossings.
    """

    path: str | None = None
    points: int | None = None
    cutoff: str | None = None
    bands: int | None = None
    compare: Path | None = None
    zero: str = "vbm"
    plot: bool = False
    html: bool = False
    dos: bool = False
    mesh: tuple[int, int, int] | None = None
    broadening: float | None = None
    connect: bool = False


def chosen(fit: Fit, choices: Choices) -> Fit:
    """The fit with what the command line changes; an error there names the option."""
    data = plain(fit.spec)
    if choices.compare is not None and len(data["systems"]) > 1:
        raise InputError(
            f"{fit.name} holds {len(data['systems'])} systems, a reference is of one",
            "name a fit of one system",
            "--compare",
        )
    patches = _patches(choices)
    data["systems"] = [_patched(system, patches) for system in data["systems"]]
    options = {
        ("systems", i, key): Place(Path(option))
        for i in range(len(data["systems"]))
        for key, (option, _) in patches.items()
    }
    origin = replace(fit.spec.origin, places={**fit.spec.origin.places, **options})
    return replace(fit, spec=checked(data, origin, Path.cwd()))


def _patches(choices: Choices) -> dict[str, tuple[str, Any]]:
    """For each key of a system that changes: the option that changes it, and its value."""
    patches: dict[str, tuple[str, Any]] = {}
    if choices.compare is not None:
        file = str(choices.compare.resolve())
        patches["reference"] = ("--compare", {"file": file})
        patches["kpoints"] = ("--compare", "reference")
        patches["weights"] = ("--compare", {})
    if choices.path is not None or choices.points is not None:
        points = {} if choices.points is None else {"points": choices.points}
        option = "--points" if choices.path is None else "--path"
        patches["kpoints"] = (option, {"path": choices.path or "auto", **points})
    if choices.cutoff is not None:
        patches["cutoff"] = ("--cutoff", choices.cutoff)
    return patches


def _patched(system: dict[str, Any], patches: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """A system with its changes; a path of its own keeps its names when only points change."""
    changed = {key: value for key, (_, value) in patches.items()}
    own = system.get("kpoints")
    if (
        isinstance(own, dict)
        and "path" in own
        and patches.get("kpoints", ("",))[0] == "--points"
    ):
        changed["kpoints"] = {**own, "points": changed["kpoints"]["points"]}
    return {**system, **changed}


def choices(
    mesh: str | None = None, broaden: str | None = None, zero: str = "vbm", **plainly: Any
) -> Choices:
    """The options of the command line, those written as text understood."""
    if zero not in ZEROS:
        raise InputError(f"unknown zero {zero!r}", nearest(zero, ZEROS), "--zero")
    size, width = None, None
    if mesh is not None:
        size = _mesh(mesh)
    if broaden is not None:
        try:
            width = energy(broaden)
        except InputError as error:
            raise error.at("--broaden") from error
        if width <= 0:
            raise InputError(f"{broaden} is not above zero", "write e.g. '0.1 eV'", "--broaden")
    return Choices(mesh=size, broadening=width, zero=zero, **plainly)


def _mesh(text: str) -> tuple[int, int, int]:
    """12x12x12 as three whole numbers."""
    match = re.fullmatch(r"(\d{1,3})x(\d{1,3})x(\d{1,3})", text)
    size = tuple(int(n) for n in match.groups()) if match else (0, 0, 0)
    if min(size) < 1:
        raise InputError(f"{text!r} is no mesh", "write three divisions, as 12x12x12", "--mesh")
    return size[0], size[1], size[2]
