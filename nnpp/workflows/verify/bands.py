"""Stored bands: computed again at a few k-points, and compared with files of their numbers."""

from collections.abc import Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import exists, read_bytes
from nnpp.formats.bands_csv import bands_csv
from nnpp.formats.bands_h5 import StoredBands, read_bands_h5
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.model import Model
from nnpp.observables.bands import levels
from nnpp.observables.gaps import gap
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import SUMMARY, RunFolder
from nnpp.setup.stored import states_basis, stored_cutoff, stored_system
from nnpp.terms.term import neutral
from nnpp.units import HARTREE_EV
from nnpp.workflows.verify.finding import Finding

AGREES_EV = 1e-6
"""Largest difference between the levels of the run and those computed again [eV]."""

ROUNDING = 1e-12
"""Largest difference between levels of bands.json and bands.h5 [hartree]."""

NEUTRAL = 1e-10
"""Largest sum of charges over a neutral cell [e]."""

SMALL, LARGE = 1500, 6000
"""Largest numbers of rows of H at which three k-points, or one, are computed again."""


def of_stored(model: Model, file: Path) -> Iterator[Finding]:
    """Yield the checks of the charges and the bands of one system of the run.

    Args:
        model: the potential of the run.
        file: bands.h5 of the system.
    """
    name = file.parent.name
    try:
        stored = read_bands_h5(file)
        if not stored.sealed:
            yield Finding(f"{name}: {file.name}", "no digest of its attributes: an older file")
        yield from _neutral(model.potential, name, stored)
        yield _bands(model.potential, name, stored)
        yield from _copies(file.parent, name, stored)
        yield from _summary(file.parent.parent, name, name, stored)
    except InputError as error:
        yield Finding(f"{name}: bands", "cannot be compared", f"{error.what}; {error.remedy}")


def of_questions(folder: Path) -> Iterator[Finding]:
    """Yield the checks of bands with other options; their levels are not computed again."""
    for file in sorted(folder.glob("*/*/bands.h5")):
        name, system = f"{file.parent.parent.name}/{file.parent.name}", file.parent.parent.name
        try:
            stored = read_bands_h5(file)
            yield Finding(f"{name}: bands", "levels not computed again")
            yield from _copies(file.parent, name, stored)
            yield from _summary(file.parent, system, name, stored)
        except InputError as error:
            wrong = f"{error.what}; {error.remedy}"
            yield Finding(f"{name}: bands", "cannot be compared", wrong)


def _copies(folder: Path, name: str, stored: StoredBands) -> Iterator[Finding]:
    """Yield whether bands.csv and bands.json are those that bands.h5 gives."""
    table, structure = folder / "bands.csv", folder / "bands.json"
    if exists(table):
        same = read_bytes(table) == bands_csv(stored.bands).encode()
        yield _comparison(f"{name}: {table.name}", same)
    if exists(structure):
        E = read_bands_json(structure).E
        same = E.shape == stored.bands.E.shape and bool(
            np.abs(E - np.asarray(stored.bands.E)).max() < ROUNDING
        )
        yield _comparison(f"{name}: {structure.name}", same)


def _summary(folder: Path, system: str, name: str, stored: StoredBands) -> Iterator[Finding]:
    """Yield whether gap and band edges in summary.json are those of bands.h5."""
    bands, numbers = stored.bands, RunFolder(folder).summary().get(system)
    if numbers is None or not 0 < bands.occupied < bands.E.shape[1]:
        return
    edges = gap(bands)
    here = {"gap_ev": edges.width, "vbm_ev": edges.vbm, "cbm_ev": edges.cbm}
    same = all(
        numbers.get(key) is not None and abs(numbers[key] - x * HARTREE_EV) < AGREES_EV
        for key, x in here.items()
    )
    yield _comparison(f"{name}: {SUMMARY}", same)


def _comparison(what: str, same: bool) -> Finding:
    """Return whether a file agrees with bands.h5."""
    if same:
        return Finding(what, "agrees with bands.h5")
    return Finding(what, "differs", "it has other numbers than bands.h5; use `nnpp bands`")


def _neutral(potential: Potential, name: str, stored: StoredBands) -> Iterator[Finding]:
    """Yield whether charges, of which only a neutral part acts, sum to zero over the cell."""
    species, of_atom = stored.crystal.species, jnp.asarray(stored.crystal.species_of_atom)
    count = jnp.bincount(of_atom, length=len(species)).astype(float)
    for term, a in potential.strengths.at(potential.columns(species)).by_term():
        if term.neutral:
            total, left = float(count @ a), abs(float(count @ neutral(a, count)))
            found = f"{total:+.3g} {term.unit} a cell, {left:.0e} e of the part that acts"
            wrong = "" if left < NEUTRAL else "the cell is not neutral"
            yield Finding(f"{name}: {term.words}", found, wrong)


def _bands(potential: Potential, name: str, stored: StoredBands) -> Finding:
    """Return whether levels computed again at a few k-points agree with those of the run."""
    what = f"{name}: bands"
    if not states_basis(stored) or stored.bands.spinor != potential.spinor:
        wrong = "they were computed with another potential, or by another program"
        return Finding(what, "cannot be compared", wrong)
    cutoff = stored_cutoff(stored)
    # About Ω K³/6π² plane waves have K²/2 below the cutoff.
    waves = int(float(stored.crystal.volume) * ((2 * cutoff) ** 0.5) ** 3 / (6 * np.pi**2))
    size = waves * (1 + stored.bands.spinor)
    if size > LARGE:
        return Finding(what, f"not computed again: H(k) has {size} rows")
    k = np.asarray(stored.bands.kpoints.fractional)
    places = sorted({0, len(k) // 2, len(k) - 1} if size <= SMALL else {0})
    _, built = stored_system(stored, k[places])
    E = levels(potential, built, stored.bands.E.shape[1])
    error = float(jnp.abs(E - stored.bands.E[jnp.asarray(places)]).max()) * HARTREE_EV
    found = f"{error:.1e} eV from those of the run, at {len(places)} k-points"
    return Finding(what, found, "" if error < AGREES_EV else "the run has another potential")
