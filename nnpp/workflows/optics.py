"""`nnpp optics`: compute, write and draw ε₂(ω), ε₁(ω) and absorption of every system."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.parallel import on_processors
from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.formats.results import write_optics
from nnpp.hamiltonian.bulk import System
from nnpp.observables.bands import Bands, check_complete, validated
from nnpp.observables.optics import (
    Optics,
    agreeing,
    change,
    every_second,
    expected_electrons,
    levels_and_velocities,
    optics,
    strongest,
)
from nnpp.plotting.optics import OpticsPicture, figure_optics
from nnpp.plotting.style import image
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import refuse_other_run, refuse_unusable
from nnpp.runs.outputs import writing
from nnpp.runs.question import mesh_part, number_part, question_name
from nnpp.setup.cases import Case
from nnpp.setup.checks import check_memory
from nnpp.setup.potential import potential_of
from nnpp.setup.prepare import prepare
from nnpp.structures.kpoints import KPoints
from nnpp.structures.symmetry import mesh
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import broaden_parts
from nnpp.workflows.bands.solve import default_mesh

SPACING = 0.05
"""Default spacing of the k-point mesh [bohr⁻¹]."""

STEP, SHARE = 0.02 / HARTREE_EV, 0.25
"""Energy step [hartree]; at most this fraction of the broadening."""

EMPTY = 4
"""Default number of empty levels per occupied one."""

METALLIC = 1e-9
"""A crystal with a smaller gap is a metal [hartree]."""

CONVERGED, COARSE = 0.1, 0.25
"""Largest change of ε₂ from a mesh of half the divisions that is called converged, and for
which maxima are listed."""

USUAL_WIDTH = 0.1 / HARTREE_EV
"""Default width of the broadening [hartree]."""

SAME_MAXIMUM = 0.1 / HARTREE_EV
"""Maxima on two meshes that differ by no more are the same [hartree]."""


@dataclass(frozen=True)
class OpticsOptions:
    """Options of `nnpp optics`.

    Attributes:
        size: k-point mesh; None for a mesh of spacing `SPACING`.
        width: width of the Gaussian broadening [hartree].
        top: highest energy drawn [hartree].
        levels: levels at each k; None for `EMPTY` empty ones per occupied one.
    """

    size: tuple[int, int, int] | None
    width: float
    top: float
    levels: int | None

    @property
    def question(self) -> tuple[str, ...]:
        """The parts of a question, one for each option that changes the spectra."""
        mesh = () if self.size is None else (mesh_part(self.size),)
        bands = () if self.levels is None else (number_part("bands", self.levels),)
        usual = abs(self.width - USUAL_WIDTH) < 1e-9
        return (*mesh, *bands, *broaden_parts(None if usual else self.width))


@dataclass(frozen=True)
class OnMesh:
    """One system on its k-point mesh, built once.

    Attributes:
        case: the system.
        size: the mesh.
        kpoints: irreducible k-points of the mesh.
        system: plane waves at these k-points.
        n: number of levels at each k-point.
    """

    case: Case
    size: tuple[int, int, int]
    kpoints: KPoints
    system: System
    n: int


@dataclass(frozen=True)
class Spectra:
    """The spectra of one system, on its mesh and on that of every second point.

    Attributes:
        fine: spectra on the mesh.
        coarse: the same on a mesh of half the divisions; None if one of them is odd.
        expected: electrons of the sum rule with all bands.
        end: energy up to which all transitions are included [hartree].
    """

    fine: Optics
    coarse: Optics | None
    expected: float
    end: float


@dataclass(frozen=True)
class OpticsResult:
    """Summary of one system, warnings, and the files that were written."""

    system: str
    texts: tuple[str, ...]
    warnings: tuple[str, ...]
    paths: tuple[Path, ...]


def run_optics(fits: list[Fit], options: OpticsOptions, out: Path) -> Iterator[OpticsResult]:
    """Compute every system of every fit on a mesh; yield the results.

    Options that change the spectra make a question, with a folder of its own.
    Options are validated before the first computation. Only metals are found later.
    """
    start_devices()
    ready = [(fit, [on_mesh(case, options) for case in prepare(fit)]) for fit in fits]
    for fit, systems in ready:
        refuse_other_run(fit, out / fit.name)
        for one in systems:
            refuse_unusable(out / fit.name, one.case.spec.name, _question(fit, options))
    for fit, systems in ready:
        potential, question = potential_of(fit), _question(fit, options)
        with writing(out / fit.name, "optics", potential) as record:
            for one in systems:
                folder = out / fit.name / one.case.spec.name / question
                found = _of_system(one, potential, options, folder)
                yield replace(found, paths=record(found.paths))


def _question(fit: Fit, options: OpticsOptions) -> str:
    """Return the name of the folder for what was asked; empty for the fit itself."""
    return question_name((*fit.question, *options.question))


def on_mesh(case: Case, options: OpticsOptions) -> OnMesh:
    """Return a system on its mesh; raise an error without transitions or memory for it."""
    size = default_mesh(case, SPACING) if options.size is None else options.size
    kpoints = mesh(case.crystal, size)
    system = case.at(kpoints)
    n = case.occupied * (1 + EMPTY) if options.levels is None else options.levels
    most = system.max_levels(case.spinor)
    if options.levels is not None and n > most:
        raise InputError(
            f"{case.spec.name}: {n} levels, but only {most} basis functions at one k-point",
            "choose fewer",
            "--bands",
        )
    n = min(n, most)
    if not 0 < case.occupied < n:
        raise InputError(
            f"{case.spec.name}: {case.occupied} of {n} levels are occupied: no transitions",
            "choose more levels (--bands)",
        )
    check_memory(
        f"{case.spec.name}: velocities between {n} levels at {len(kpoints)} k-points",
        bytes_of(len(kpoints), n, case.occupied),
        "choose a coarser mesh (--mesh) or fewer levels (--bands)",
    )
    return OnMesh(case, size, kpoints, system, n)


def bytes_of(k: int, n: int, full: int) -> int:
    """Return the memory for velocities between n levels at k points [bytes].

    On CPUs it includes tensors of all pairs. Every device holds all velocities at the end,
    and its own part before that.
    """
    v = 48 * k * n**2
    if not on_processors():
        return v
    return v * (jax.local_device_count() + 1) + 300 * k * full * (n - full)


def _of_system(
    one: OnMesh, potential: Potential, options: OpticsOptions, folder: Path
) -> OpticsResult:
    """Compute, write and draw the spectra of one system."""
    case, name = one.case, one.case.spec.name
    found = spectra(one, potential, options)
    shown = min(options.top, found.end)
    warnings = _warnings(found, one.size, shown)
    what = (f"{text.partition(';')[0]}." for text in warnings)  # without the remedies
    notes = (*_notes(one.size, options), *what)
    figure = figure_optics(OpticsPicture(found.fine, shown, name, notes))
    paths = [write_optics(folder, found.fine)]
    paths += [write_atomic(folder / f"optics.{x}", image(figure, x)) for x in ("png", "pdf")]
    return OpticsResult(name, texts(found, case, options), warnings, tuple(paths))


def spectra(one: OnMesh, potential: Potential, options: OpticsOptions) -> Spectra:
    """Return the spectra of one system on both meshes, from one solution."""
    case, size = one.case, one.size
    E, v, H_ii = levels_and_velocities(potential, one.system, one.n, case.solve)
    bands = Bands(one.kpoints, validated(E), case.occupied, case.spinor)
    check_complete(E, potential, one.system, case.solve)
    gap, end = _gap_and_end(bands)
    if gap <= METALLIC:
        raise InputError(
            f"{case.spec.name} has no gap, and intraband transitions are not implemented",
            "choose a potential with a gap",
        )
    step = min(STEP, SHARE * options.width) if options.width else STEP
    highest = float(E[:, -1].max() - E[:, 0].min()) + 4 * options.width
    energy = np.arange(int(np.ceil(max(highest, options.top) / step)) + 1) * step
    v, coarse = np.asarray(v), None
    fine = optics(bands, v, case.crystal, size, energy, options.width)
    second = every_second(bands, case.crystal, size)
    if second is not None:
        k, at = second
        few = Bands(k, bands.E[at], bands.occupied, bands.spinor)
        coarse = optics(few, v[at], case.crystal, _half(size), energy, options.width)
    return Spectra(fine, coarse, expected_electrons(bands, H_ii), end)


def _half(size: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return half the divisions of a mesh."""
    return size[0] // 2, size[1] // 2, size[2] // 2


def _warnings(found: Spectra, size: tuple[int, int, int], shown: float) -> tuple[str, ...]:
    """Return a warning if the spectra are not converged with the mesh, or it is not known."""
    if found.coarse is None:
        return ("convergence with the mesh is not known; choose even divisions (--mesh)",)
    differs = change(found.fine, found.coarse, shown)
    if differs <= CONVERGED:
        return ()
    text = f"ε₂ changes by {100 * differs:.0f} % from {_words(_half(size))} to {_words(size)}"
    return (f"not converged: {text} points; choose a finer mesh (--mesh)",)


def _words(size: tuple[int, int, int]) -> str:
    """Return the divisions of a mesh as text."""
    return "×".join(map(str, size))


def _gap_and_end(bands: Bands) -> tuple[float, float]:
    """Return the gap, and the energy up to which all transitions are included [hartree]."""
    E, full = np.asarray(bands.E), bands.occupied
    ends = float((E[:, -1] - E[:, full - 1]).min())
    return float(E[:, full].min() - E[:, full - 1].max()), ends


def _notes(size: tuple[int, int, int], options: OpticsOptions) -> tuple[str, ...]:
    """Return the note below the figure."""
    text = f"{_words(size)} points, linear tetrahedra"
    wide = f", Gaussians of {options.width * HARTREE_EV:g} eV" if options.width else ""
    return (f"{text}{wide}; independent electrons: no excitons, no local fields.",)


def texts(found: Spectra, case: Case, options: OpticsOptions) -> tuple[str, ...]:
    """Return the main results as text."""
    end, expected = found.end, found.expected
    static = np.linalg.eigvalsh(found.fine.real[0])
    at_zero = (
        " ".join(f"{x:.2f}" for x in static) if np.ptp(static) > 5e-3 else f"{static[0]:.2f}"
    )
    shown = f", drawn to {end * HARTREE_EV:.1f} eV" if end < options.top else ""
    added = f"non-local and cutoff terms add {expected - case.electrons:.2f}"
    return (
        f"ε₁(0) = {at_zero}; {_maxima(found, min(options.top, end))}",
        f"sum rule: {found.fine.electrons[-1]:.2f} of {expected:.2f} expected "
        f"({case.electrons} electrons; {added})",
        f"all transitions up to {end * HARTREE_EV:.1f} eV included{shown}",
    )


def _maxima(found: Spectra, shown: float) -> str:
    """Return the maxima of ε₂ that two meshes have in common, as text."""
    if found.coarse is None or change(found.fine, found.coarse, shown) > COARSE:
        return "the mesh is too coarse for maxima of ε₂"
    fine, coarse = (strongest(x, shown) for x in (found.fine, found.coarse))
    same = agreeing(fine, coarse, SAME_MAXIMUM)
    if not same:
        return "no maximum of ε₂ agrees with that on half the divisions"
    return f"maxima of ε₂ at {', '.join(f'{x * HARTREE_EV:.2f}' for x in same)} eV"
