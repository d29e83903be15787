"""Band edges of the files of an export, compared with those of the run.

The systems are those of which the run holds bands.h5. Both Hamiltonians have the plane waves of
the run; they are solved at Γ, at the named k-points and where the run has its band edges.
Filter codes have T = ½K². If the run has the kinetic energy of `smooth`, the files are solved
once more with T = ½K² at the same cutoff, for information.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.rules import PER_K
from nnpp.eigensolvers.choice import automatic
from nnpp.formats.bands_h5 import StoredBands, read_bands_h5
from nnpp.formats.filter_codes import lost_terms
from nnpp.formats.filter_reader import FilterElement
from nnpp.formats.model import Model
from nnpp.hamiltonian.bulk import AtShells, System, at_shells, system
from nnpp.observables.bands import Bands, all_levels, occupied_levels, validated
from nnpp.observables.batched import LevelRequest
from nnpp.observables.gaps import gap
from nnpp.potentials.potential import Potential, Strengths
from nnpp.setup.stored import states_basis, stored_cutoff, stored_rule, stored_system
from nnpp.structures.kpoints import KPoints
from nnpp.terms.term import neutral
from nnpp.units import HARTREE_EV

HEADS = ("system", "", "run/eV", "files/eV", "difference/meV", "files, T=½K²/eV")
"""Columns of the table of edges."""

NEUTRAL = 1e-6
"""Charges of a cell that sum to less are neutral [e]."""


@dataclass(frozen=True)
class Edge:
    """A gap or band edge of one system.

    Attributes:
        system: name of the system.
        what: gap, VBM or CBM.
        run: its value by the potential of the run [hartree].
        files: its value by the files [hartree].
        sharp: its value by the files with T = ½K² at the same cutoff [hartree].
    """

    system: str
    what: str
    run: float
    files: float
    sharp: float

    @property
    def difference_mev(self) -> float:
        """The value by the files minus that of the run [meV]."""
        return (self.files - self.run) * HARTREE_EV * 1e3

    @property
    def row(self) -> tuple[str, ...]:
        """Its row in a table with the columns `HEADS`."""
        run, files, sharp = (
            f"{x * HARTREE_EV:.4f}" for x in (self.run, self.files, self.sharp)
        )
        difference = round(self.difference_mev, 2) + 0.0  # no −0.00
        return self.system, self.what, run, files, f"{difference:+.2f}", sharp


@dataclass(frozen=True)
class Solvable:
    """One system of the run at the k-points that are compared.

    Attributes:
        name: its name.
        system: its plane waves.
        sharp: those of `per-k` at the same cutoff if the rule is `smooth`, else `system`.
        kpoints: the k-points.
        electrons: valence electrons in the cell.
    """

    name: str
    system: System
    sharp: System
    kpoints: KPoints
    electrons: int


def systems_of(model: Model) -> list[Solvable]:
    """Return the systems of a run that have bands in it; none for a file alone."""
    found = []
    for file in sorted(model.path.parent.glob("*/bands.h5")):
        stored = read_bands_h5(file)
        known = set(stored.crystal.species) <= set(model.potential.species)
        if known and states_basis(stored) and stored.bands.occupied > 0:
            found.append(_solvable(file.parent, stored))
    return found


def _solvable(folder: Path, stored: StoredBands) -> Solvable:
    """Return one system at Γ, at its named k-points and at its band edges."""
    bands = stored.bands
    E, v = np.asarray(bands.E), bands.occupied
    edges = [E[:, v - 1].argmax(), *([E[:, v].argmin()] if v < E.shape[1] else [])]
    named = [i for i, label in enumerate(bands.kpoints.labels) if label]
    k = np.asarray(bands.kpoints.fractional)[[*map(int, edges), *named]]
    distinct = np.unique(np.round(np.vstack([np.zeros(3), k]), 9), axis=0)
    kpoints, waves = stored_system(stored, distinct)
    sharp = waves
    if stored_rule(stored).smooth:
        sharp = system(stored.crystal, kpoints, stored_cutoff(stored), PER_K)
    return Solvable(folder.name, waves, sharp, kpoints, v if bands.spinor else 2 * v)


def compared(
    potential: Potential, files: Mapping[str, FilterElement], systems: list[Solvable]
) -> list[Edge]:
    """Return gap and band edges of every system, by the potential and by its files."""
    waves, sharp = [s.system for s in systems], [s.sharp for s in systems]
    by_run = _bands([at_shells(potential, x) for x in waves], waves, systems)
    by_files = _bands([_numbers(files, x) for x in waves], waves, systems)
    differ = any(a is not b for a, b in zip(waves, sharp, strict=True))
    by_sharp = (
        _bands([_numbers(files, x) for x in sharp], sharp, systems) if differ else by_files
    )
    found = []
    for one, *bands in zip(systems, by_run, by_files, by_sharp, strict=True):
        edges = [gap(x) for x in bands]
        found += [
            Edge(one.name, "gap", *(x.width for x in edges)),
            Edge(one.name, "VBM", *(x.vbm for x in edges)),
            Edge(one.name, "CBM", *(x.cbm for x in edges)),
        ]
    return found


def _bands(
    numbers: list[AtShells], waves: list[System], systems: list[Solvable]
) -> list[Bands]:
    """Return the bands of every system from the numbers of a potential in its plane waves."""
    spinor = [x.strengths.spinor for x in numbers]
    full = [occupied_levels(s.electrons, x) for s, x in zip(systems, spinor, strict=True)]
    each = zip(numbers, waves, full, spinor, strict=True)
    requests = [
        LevelRequest(x, w, min(v + 4 * (1 + spin), w.max_levels(spin)), automatic)
        for x, w, v, spin in each
    ]
    solved = zip(systems, all_levels(requests), full, spinor, strict=True)
    return [Bands(s.kpoints, validated(E), v, spin) for s, E, v, spin in solved]


def _numbers(files: Mapping[str, FilterElement], of: System) -> AtShells:
    """Return what the files contribute to a system: only the terms that they contain."""
    q = np.asarray(of.q)
    elements = [files[symbol] for symbol in of.species]
    strengths = {
        "spin_orbit": np.array([e.spin_orbit for e in elements]),
        "nonlocal": np.array([e.nonlocal_ for e in elements]),
        "strain": np.array([e.strain for e in elements]),
    }
    acting = Strengths({name: jnp.asarray(x) for name, x in strengths.items() if x.any()})
    short = jnp.asarray(np.stack([e.v_short(q) for e in elements], axis=1))
    tail = jnp.asarray(np.stack([e.v_tail(q) for e in elements], axis=1))
    return AtShells(acting.on_v(short, of.q, of.dilation, of.count) + tail, acting.separable())


def reasons(potential: Potential, systems: list[Solvable]) -> Iterator[tuple[str, str]]:
    """Yield why files do not give the levels of a potential, each with what to do about it."""
    for term in lost_terms(potential.strengths):
        yield (
            f"filter codes have no {term.words} term",
            "fit without it (`for: filter` in fit.yaml, or `nnpp import --for filter`)",
        )
    for term, a in potential.strengths.by_term():
        if term.neutral and any(_moved(a, potential, s.system) > NEUTRAL for s in systems):
            yield (
                f"the {term.words}s do not sum to zero, and filter codes do not shift them",
                "fit with charges that sum to zero",
            )


def _moved(a: Float[Array, " species"], potential: Potential, of: System) -> float:
    """Return by how much nnpp shifts strengths so that they sum to zero in a system."""
    here = a[potential.columns(of.species)]
    return float(jnp.abs(neutral(here, of.count) - here).max())
