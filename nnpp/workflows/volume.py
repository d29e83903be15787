"""`nnpp volume`: V(r), and |ψ(r)|² of levels at one k-point, as volumetric files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.config.inputs import Fit
from nnpp.config.kpoints import read_point_text
from nnpp.devices.start import start_devices
from nnpp.eigensolvers.dense import dense
from nnpp.errors import InputError, suggest
from nnpp.formats.structures import formula
from nnpp.formats.volume import FORMATS, Volume, write_volume
from nnpp.hamiltonian.bulk import System
from nnpp.observables.bands import states, validated
from nnpp.observables.completeness import complete
from nnpp.observables.fields import densities, local_potential, multiplet
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import refuse_other_run, refuse_unusable
from nnpp.runs.outputs import writing
from nnpp.runs.question import question_name
from nnpp.setup.cases import Case
from nnpp.setup.potential import potential_of
from nnpp.setup.prepare import prepare
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import special_points
from nnpp.units import HARTREE_EV

EDGES = ("vbm", "cbm")
"""Names of the highest occupied and the lowest empty level of the k-point."""

MORE = 4
"""Extra levels computed, so that no multiplet is cut."""


@dataclass(frozen=True)
class VolumeResult:
    """Description of the levels of one system, and the files that were written."""

    system: str
    levels: tuple[str, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class AtPoint:
    """One system at the k-point, and the indices of its levels by their names."""

    case: Case
    k: KPoints
    system: System
    levels: dict[str, int]


def run_volume(
    fits: list[Fit], kpoint: str, bands: tuple[str, ...], suffix: str, out: Path
) -> Iterator[VolumeResult]:
    """Write V(r) and the densities of `bands` at `kpoint` of every system of every fit."""
    start_devices()
    if suffix not in FORMATS:
        raise InputError(f"unknown format {suffix!r:.20}", suggest(suffix, FORMATS), "--format")
    ready = [(fit, [_at_point(case, kpoint, bands) for case in prepare(fit)]) for fit in fits]
    folders = {fit.name: Path(out) / fit.name for fit, _ in ready}
    for fit, of_fit in ready:
        refuse_other_run(fit, folders[fit.name])
        for one in of_fit:
            refuse_unusable(folders[fit.name], one.case.spec.name, question_name(fit.question))
    for fit, of_fit in ready:
        potential, run = potential_of(fit), folders[fit.name]
        with writing(run, "volume", potential) as record:
            for one in of_fit:
                name, crystal = one.case.spec.name, one.case.crystal
                volumes, texts = _volumes(one, potential)
                folder = run / name / question_name(fit.question)
                paths = [write_volume(folder, v, crystal, suffix) for v in volumes]
                yield VolumeResult(name, texts, record(paths))


def _at_point(case: Case, kpoint: str, bands: tuple[str, ...]) -> AtPoint:
    """Return one system at the k-point; raise an error without this k-point or level."""
    k = _point(kpoint, case)
    levels, system = {band: _level(band, case) for band in bands}, case.at(k)
    count, highest = system.max_levels(case.spinor), max(levels.values(), default=0)
    if highest >= count:
        raise InputError(
            f"{case.spec.name} has {count} levels at this k-point, and no level {highest + 1}",
            "name a lower one, or raise the cutoff",
            "--band",
        )
    return AtPoint(case, k, system, levels)


def _point(text: str, case: Case) -> KPoints:
    """Return the k-point, with its label if it has one."""
    try:
        point = read_point_text(text)
    except InputError as error:
        raise error.at("--kpoint") from error
    if not isinstance(point, str):
        return listed(case.crystal, [point])
    known, _ = special_points(case.crystal)
    if point not in known:
        what = f"{case.spec.name} has no special point {point!r}"
        raise InputError(what, suggest(point, known), "--kpoint")
    return listed(case.crystal, [known[point]], labels=(point,))


def _level(band: str, case: Case) -> int:
    """Return the index of a level, from 0."""
    if band in EDGES:
        level = case.occupied - 1 + EDGES.index(band)
        if level < 0:
            raise InputError(f"{case.spec.name} has no occupied level", "choose cbm", "--band")
        return level
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", band):
        raise InputError(
            f"{band!r:.20} is no level", "write vbm, cbm, or a number from 1", "--band"
        )
    return int(band) - 1


def _volumes(one: AtPoint, potential: Potential) -> tuple[list[Volume], tuple[str, ...]]:
    """Return V(r) and each density, and a description of each level."""
    crystal, name = one.case.crystal, formula(one.case.crystal)
    V = local_potential(potential, one.system, crystal)
    volumes, texts = [Volume("potential", f"local potential of {name}", V, False)], []
    E, psi = _solved(one, potential)
    for band, level in one.levels.items():
        first, after = multiplet(E, level)
        each = densities(potential, one.system, crystal, psi[:, first:after])
        several = f"mean of levels {first + 1} to {after} (degenerate)"
        which = f"level {after}" if after == first + 1 else several
        which += f", {E[first:after].mean() * HARTREE_EV:.6f} eV"
        title = f"|psi|^2 of {name} at {_named(one.k)}, {which}"
        volumes.append(Volume(f"density-{_file(one.k)}-{band}", title, each.mean(axis=0), True))
        texts.append(f"{band}: {which}")
    return volumes, tuple(texts)


def _solved(
    one: AtPoint, potential: Potential
) -> tuple[Float[np.ndarray, " level"], Complex[Array, "g level"]]:
    """Return levels and states at the k-point, up to the end of the highest multiplet."""
    highest, most = max(one.levels.values(), default=0), one.system.max_levels(one.case.spinor)
    n = min(highest + 1 + MORE, most)
    while True:
        E, psi = states(potential, one.system, n, one.case.solve)
        validated(E)
        if one.case.solve is not dense:
            complete(E, potential, one.system)
        if multiplet(np.asarray(E[0]), highest)[1] < n or n == most:
            return np.asarray(E[0]), psi[0]
        n = min(2 * n, most)


def _named(k: KPoints) -> str:
    """Return the k-point as ASCII text."""
    label = k.labels[0].replace("Γ", "Gamma")
    numbers = " ".join(f"{x:.6g}" for x in np.asarray(k.fractional[0]))
    return f"{label if label.isascii() else ''} k = ({numbers})".strip()


def _file(k: KPoints) -> str:
    """Return the k-point as part of a file name."""
    label = k.labels[0].replace("Γ", "Gamma")
    numbers = "_".join(f"{x:.6g}" for x in np.asarray(k.fractional[0]))
    return label if label and label.isascii() else numbers
