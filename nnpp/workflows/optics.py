"""`nnpp optics`: ε₂(ω), ε₁(ω) and absorption of every system, written and drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.parallel import device_memory, on_processors, one_device_per_core
from nnpp.eigensolvers.dense import dense
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable, write_atomic
from nnpp.formats.results import write_optics
from nnpp.hamiltonian.bulk import System
from nnpp.observables.bands import Bands, validated
from nnpp.observables.completeness import complete
from nnpp.observables.optics import Optics, levels_and_velocities, optics, strongest
from nnpp.plotting.optics import OpticsPicture, figure_optics
from nnpp.plotting.style import image
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.prepare import prepare
from nnpp.setup.trained import potential_of
from nnpp.structures.kpoints import KPoints
from nnpp.structures.symmetry import mesh
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.solve import default_mesh

SPACING = 0.05
"""Default distance between points of the mesh [bohr⁻¹]."""

STEP, SHARE = 0.02 / HARTREE_EV, 0.25
"""Distance between energies [hartree]; that share of the broadening if it is narrower."""

EMPTY = 4
"""Empty levels for each full one, unless bands are asked for."""

WHOLE = 1e-9
"""A band edge that is open by less is no gap [hartree]."""


@dataclass(frozen=True)
class Wanted:
    """What the command line says.

    Attributes:
        size: the mesh; None for one of points `SPACING` apart.
        width: of the Gaussians [hartree].
        top: the highest energy drawn [hartree].
        levels: at each k; None for `EMPTY` empty ones for each full one.
    """

    size: tuple[int, int, int] | None
    width: float
    top: float
    levels: int | None


@dataclass(frozen=True)
class Meshed:
    """One system on its mesh, built once.

    Attributes:
        case: the system.
        size: the mesh.
        kpoints: its irreducible points.
        system: the plane waves there.
        n: levels at each.
    """

    case: Case
    size: tuple[int, int, int]
    kpoints: KPoints
    system: System
    n: int


@dataclass(frozen=True)
class Told:
    """What to say of one system, and the files that were written of it."""

    system: str
    texts: tuple[str, ...]
    paths: tuple[Path, ...]


def run_optics(fits: list[Fit], wanted: Wanted, out: Path) -> Iterator[Told]:
    """Solve every system of every fit on a mesh; what can be is refused before, not metals."""
    one_device_per_core()
    ready = [(fit, [_meshed(case, wanted) for case in prepare(fit)]) for fit in fits]
    for fit, of_fit in ready:
        for one in of_fit:
            refuse_unwritable(out / fit.name / one.case.spec.name)
    for fit, of_fit in ready:
        potential = potential_of(fit)
        for one in of_fit:
            yield _of_system(one, potential, wanted, out / fit.name / one.case.spec.name)


def _meshed(case: Case, wanted: Wanted) -> Meshed:
    """Refused where there are no two levels to go between."""
    size = default_mesh(case, SPACING) if wanted.size is None else wanted.size
    kpoints = mesh(case.crystal, size)
    system, n = case.at(kpoints), _levels(case, wanted)
    fewest = system.room(case.spinor)
    if wanted.levels is not None and n > fewest:
        raise InputError(
            f"{case.spec.name}: {n} levels at each k, and {fewest} functions at one",
            "ask for fewer",
            "--bands",
        )
    n = min(n, fewest)
    if not 0 < case.occupied < n:
        raise InputError(
            f"{case.spec.name}: {case.occupied} of {n} levels are full, and light needs both",
            "ask for more levels (--bands)",
        )
    needed, there = bytes_of(len(kpoints), n, case.occupied), device_memory()
    if there is not None and needed > there:
        raise InputError(
            f"{case.spec.name}: velocities between {n} levels at {len(kpoints)} k-points need "
            f"about {needed / 1e9:.1f} GB of memory, of {there / 1e9:.1f}",
            "ask for a coarser mesh (--mesh) or fewer levels (--bands)",
        )
    return Meshed(case, size, kpoints, system, n)


def bytes_of(k: int, n: int, full: int) -> int:
    """Memory for v between n levels at k points; on processors of tensors of all pairs, too.

    Every device has all of v at the end, and each its share before.
    """
    v = 48 * k * n**2
    if not on_processors():
        return v
    return v * (jax.local_device_count() + 1) + 300 * k * full * (n - full)


def _levels(case: Case, wanted: Wanted) -> int:
    """How many at each k."""
    return case.occupied * (1 + EMPTY) if wanted.levels is None else wanted.levels


def _of_system(one: Meshed, potential: Potential, wanted: Wanted, folder: Path) -> Told:
    """All of one system."""
    case, size, system = one.case, one.size, one.system
    E, v = levels_and_velocities(potential, system, one.n, case.solve)
    bands = Bands(one.kpoints, validated(E), case.occupied, case.spinor)
    if case.solve is not dense:
        complete(E, potential, system)
    gap, ends = _gap_and_end(bands)
    if gap <= WHOLE:
        raise InputError(
            f"{case.spec.name} has no gap, and what light does within a band is not known here",
            "choose a potential with a gap",
        )
    step = min(STEP, SHARE * wanted.width) if wanted.width else STEP
    highest = float(E[:, -1].max() - E[:, 0].min()) + 4 * wanted.width
    energy = np.arange(int(np.ceil(max(highest, wanted.top) / step)) + 1) * step
    found = optics(bands, np.asarray(v), case.crystal, size, energy, wanted.width)
    texts = _texts(found, case, wanted, ends)
    picture = OpticsPicture(found, min(wanted.top, ends), case.spec.name, _notes(size, wanted))
    figure = figure_optics(picture)
    paths = [write_optics(folder, found)]
    paths += [write_atomic(folder / f"optics.{x}", image(figure, x)) for x in ("png", "pdf")]
    return Told(case.spec.name, texts, tuple(paths))


def _gap_and_end(bands: Bands) -> tuple[float, float]:
    """The gap, and the energy above which transitions to bands not computed are missing."""
    E, full = np.asarray(bands.E), bands.occupied
    ends = float((E[:, -1] - E[:, full - 1]).min())
    return float(E[:, full].min() - E[:, full - 1].max()), ends


def _notes(size: tuple[int, int, int], wanted: Wanted) -> tuple[str, ...]:
    """What to know of the figure."""
    how = f"{size[0]}×{size[1]}×{size[2]} points, linear tetrahedra"
    wide = f", Gaussians of {wanted.width * HARTREE_EV:g} eV" if wanted.width else ""
    return (f"{how}{wide}; independent electrons: no excitons, no local fields.",)


def _texts(found: Optics, case: Case, wanted: Wanted, ends: float) -> tuple[str, ...]:
    """The numbers that a reader looks for first."""
    tops = [f"{x * HARTREE_EV:.2f}" for x in strongest(found, min(wanted.top, ends))]
    still = np.linalg.eigvalsh(found.real[0])
    at_zero = " ".join(f"{x:.2f}" for x in still) if np.ptp(still) > 5e-3 else f"{still[0]:.2f}"
    seen = f"{found.electrons[-1]:.2f} of {case.electrons} electrons"
    shown = f", drawn to {ends * HARTREE_EV:.1f} eV" if ends < wanted.top else ""
    return (
        f"ε₁(0) = {at_zero}; maxima of ε₂ at {', '.join(tops) or '—'} eV",
        f"sum rule: {seen}; all transitions up to {ends * HARTREE_EV:.1f} eV are in it" + shown,
    )
