"""A dot as it is computed: its sites, potential, basis and number of occupied states."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from nnpp.errors import InputError
from nnpp.files.text import sha256_of
from nnpp.formats.dots import read_dot
from nnpp.formats.filter_job import FilterJob, is_filter_job, read_filter_job
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.hamiltonian.dot_system import DotSystem, default_box, dot_system, hamiltonian
from nnpp.hamiltonian.grid import grid_hamiltonian, grid_system
from nnpp.runs.outputs import fingerprint
from nnpp.structures.dots.charges import CHARGES
from nnpp.structures.dots.dot import Dot
from nnpp.workflows.dot.levels_options import Request
from nnpp.workflows.dot.source import Basis, Source, basis_of_dot, refuse_unknown
from nnpp.workflows.fits.read import file_name

SMALLEST_DISTANCE = 1.0
"""Smallest distance of sites from the sides of the box [bohr]."""

JOB = "conf.par"

NEUTRAL = 1e-6
"""A formal charge below this is none."""


@dataclass(frozen=True)
class DotCase:
    """A dot as it is computed.

    Attributes:
        name: name of its results.
        dot: the sites.
        source: the potential.
        basis: the plane waves; of a grid, the largest kinetic energy and no rule.
        box: edges of the box [bohr].
        occupied: number of occupied states; of spinors, of Kramers pairs.
        files: SHA-256 of the files of the dot by their names.
        notes: what the user should know.
        job: the job of a filter-diagonalisation code, if its grid is the basis.
    """

    name: str
    dot: Dot
    source: Source
    basis: Basis
    box: Float[np.ndarray, " 3"]
    occupied: int
    files: dict[str, str]
    notes: tuple[str, ...] = ()
    job: FilterJob | None = None

    @property
    def spinor(self) -> bool:
        """Whether states are spinors."""
        return self.source.potential.spinor

    def system(self) -> DotSystem:
        """Return sites and plane waves, or points of a grid."""
        if self.job is not None:
            return grid_system(self.dot, self.job.shape, self.job.spacing, self.job.cap)
        basis = self.basis
        return dot_system(self.dot, basis.cutoff, basis.of_rule, self.box)

    def hamiltonian(self, system: DotSystem) -> DotHamiltonian:
        """Return H."""
        of = grid_hamiltonian if self.job is not None else hamiltonian
        return of(self.source.potential, system)

    def identity(self, request: Request) -> str:
        """Return the SHA-256 of all that decides the levels."""
        digest = sha256()
        strains = self.dot.strains
        for x in (self.dot.positions, self.box, [] if strains is None else strains):
            digest.update(np.round(np.asarray(x, float), 9).tobytes())
        numbers = (self.dot.symbols, fingerprint(self.source.potential), self.basis.cutoff,
                   self.basis.rule, self.occupied, request.counts, request.window)  # fmt: skip
        digest.update(json.dumps(numbers).encode())
        return digest.hexdigest()


def case_of(path: Path, source: Source | None, request: Request) -> DotCase:
    """Return a dot as it is computed; raise an InputError that names its file.

    Args:
        path: a file of a dot, or the folder of a job of a filter-diagonalisation code.
        source: the potential; None for that of the job.
        request: the options.
    """
    job = read_filter_job(path) if is_filter_job(path) else None
    if path.is_dir() and job is None:
        raise InputError(f"has no {JOB}", "name a file of a dot, or the folder of a job", path)
    of = read_dot(path) if job is None else job.dot
    try:
        return _case(path, of, job, source, request)
    except InputError as error:
        raise error.at(path) from error


def _case(
    path: Path, of: Dot, job: FilterJob | None, source: Source | None, request: Request
) -> DotCase:
    """Return a dot as it is computed."""
    own = source is None
    if own:
        if job is None:
            raise InputError(
                "no potential is given", "add --run RUN or --potentials FOLDER", "--run"
            )
        source = Source("", job.potential, (), {}, job.notes)
    is_grid = request.basis == "grid"
    if is_grid and (job is None or not own):
        raise InputError(
            "a grid is that of the folder of a job",
            "name the folder with conf.par and input.par as the dot",
            "--basis",
        )
    refuse_unknown(of.symbols, source)
    basis = basis_of_dot(of, source, request.cutoff)
    if is_grid and job is not None:
        basis = Basis(job.cap, "grid")
    box = default_box(np.asarray(of.positions))
    if job is not None and is_grid:
        box = job.box
    elif request.box is not None:
        box = np.array(request.box)
        _refuse_small(of, box)
    files = [path] if job is None else sorted(f for f in path.glob("*.par") if f.is_file())
    occupied, notes = _occupied(of, request)
    stem = path.resolve().name if job is not None else path.name
    for suffix in (".xyz", ".extxyz", ".par", ".vasp", ".cif"):
        stem = stem.removesuffix(suffix)
    name = file_name(stem) + (f"-by-{source.name}" if source.name else "")
    return DotCase(
        name,
        of,
        source,
        basis,
        box,
        occupied,
        {file.name: sha256_of(file) for file in files},
        (*source.notes, *filter(None, (basis.note,)), *notes),
        job if is_grid else None,
    )


def _refuse_small(of: Dot, box: Float[np.ndarray, " 3"]) -> None:
    """Raise an error for a box that the sites do not fit into."""
    least = np.ptp(np.asarray(of.positions), axis=0) + 2 * SMALLEST_DISTANCE
    if (box < least).any():
        size = " ".join(f"{x:.1f}" for x in least)
        raise InputError(
            "the dot does not fit into the box", f"give at least '{size} bohr'", "--box"
        )


def _occupied(of: Dot, request: Request) -> tuple[int, tuple[str, ...]]:
    """Return the number of occupied states, and notes on charges."""
    if request.occupied is not None:
        return request.occupied, ()
    notes = tuple(_charge_notes(of))
    if of.electrons % 2:
        what = f"{of.electrons} electrons do not fill pairs of states"
        raise InputError(what, "correct the dot, or state --occupied", "--occupied")
    if of.occupied < 1:
        raise InputError("no state is occupied", "state their number", "--occupied")
    return of.occupied, notes


def _charge_notes(of: Dot) -> Iterator[str]:
    """Yield a note if the formal charges, with those of passivants, do not sum to zero."""
    total = formal_charge_of(of)
    if abs(total) > NEUTRAL:
        yield (
            f"formal charge {total:+g}: states are counted as if shells were closed; "
            "levels of broken bonds may lie in the gap"
        )


def formal_charge_of(of: Dot) -> float:
    """Return the formal charge; a Gaussian passivant has −z/4 at its atom of charge z."""
    passivant = of.is_passivant
    if not passivant.any() or passivant.all():
        return float(of.charge)
    r, symbols = np.asarray(of.positions), np.array(of.symbols)
    nearest = KDTree(r[~passivant]).query(r[passivant])[1]
    charges = [CHARGES[s] for s in symbols[~passivant][nearest].tolist()]
    return of.charge - sum(charges) / 4


def composition(of: Dot) -> str:
    """Return the formula of the atoms, and the number of passivants."""
    counts = Counter(of.atoms)
    ordered = sorted(counts, key=lambda s: (CHARGES.get(s, 0) < 0, s))
    text = " ".join(f"{s}{counts[s]}" for s in ordered)
    passivants = len(of.symbols) - len(of.atoms)
    return text + (f", {passivants} passivants" if passivants else "")
