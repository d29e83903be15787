"""`nnpp verify`: whether a fitted potential is whole, keeps its laws, and gives its bands."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES
from nnpp.devices.parallel import one_device_per_core
from nnpp.errors import InputError
from nnpp.files.tensors import copy_of
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import StoredBands, read_bands_h5
from nnpp.formats.model import Model, read_model
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential
from nnpp.potentials.strengths import Strengths
from nnpp.runs.package import SUMS, is_package, refuse_damaged
from nnpp.structures.kpoints import listed
from nnpp.terms.term import Term, neutral
from nnpp.units import HARTREE_EV

AGREES_EV = 1e-6
"""Levels computed again agree with those of the run to this."""

EVEN = 1e-10
"""|v(q) − v(−q)| of an even form factor is below this share of its largest value."""

FAR, DECAYED = 40.0, 1e-6
"""By this length [bohr⁻¹] v(q) has fallen below this share of its largest value."""

STRAINED = 0.05
"""A strain factor that is zero or negative within ± this turns attraction into repulsion."""

NEUTRAL = 1e-10
"""Charges that sum to less than this over a cell are neutral [e]."""

CHEAP, DEAR = 1500, 6000
"""Size of H up to which three k-points are solved again, and up to which one is."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what is wrong with it, if anything."""

    what: str
    found: str
    wrong: str = ""


def run_verify(path: Path) -> Iterator[Finding]:
    """Everything that can be checked without fitting again; an InputError if unreadable."""
    one_device_per_core()
    yield from _sums(path if path.is_dir() else path.parent)
    model = read_model(path)
    yield from _files(model)
    yield from _form_factors(model.potential)
    yield from _strengths(model.potential.strengths)
    for file in sorted(model.path.parent.glob("*/bands.h5")):
        yield from _stored(model, file)


def _sums(folder: Path) -> Iterator[Finding]:
    """Of a package, whether all its files are there and whole; one that is not is refused."""
    if is_package(folder):
        yield Finding(SUMS, f"agrees; {refuse_damaged(folder)} files")


def _files(model: Model) -> Iterator[Finding]:
    """What reading has already proved."""
    leaves = jax.tree.leaves(model.potential)
    count = sum(x.size for x in leaves)
    yield Finding("model", str(model.path))
    yield Finding("SHA-256", f"agrees; {len(leaves)} arrays, {count} finite numbers")
    copy = copy_of(model.path)
    there = "belongs to it" if exists(copy) else "not there; not needed"
    yield Finding(copy.name, there)
    yield Finding("elements", ", ".join(model.potential.species))
    for key in ("fit", "loss_ev2"):
        if key in model.about:
            yield Finding(key, f"{model.about[key]!s:.60}")


def _form_factors(potential: Potential) -> Iterator[Finding]:
    """v(q) finite, even and decaying."""
    v = potential.local
    if v.lengths is not None:
        yield Finding(*next(v.rows()))
        return
    q = jnp.linspace(0.0, FAR, 4001)
    v_q = np.asarray(v(q))
    largest = float(np.abs(v_q).max())
    finite = bool(np.isfinite(v_q).all())
    wrong = "" if finite else f"v(q) is not finite at q = {_first_bad(q, v_q):.3f} bohr⁻¹"
    yield Finding("v(q)", f"at most {largest:.4g} hartree·bohr³", wrong)
    if finite:
        near = jnp.linspace(0.0, 2.0, 201)
        yield _evenness(np.abs(np.asarray(v(near) - v(-near))).max() / (largest or 1.0))
        yield _decay(float(np.abs(v_q[-1]).max()) / (largest or 1.0))


def _first_bad(q: jax.Array, v_q: np.ndarray) -> float:
    """The first length at which a form factor is not finite [bohr⁻¹]."""
    return float(np.asarray(q)[~np.isfinite(v_q).all(axis=1)][0])


def _evenness(odd: float) -> Finding:
    """Older networks see q itself and are not even; that is told, not blamed."""
    even = "even" if odd < EVEN else "not even: v(r) may have a cusp at the nucleus"
    return Finding("v(−q) = v(q)", f"{even} (differs by {odd:.1e} of the largest)")


def _decay(rest: float) -> Finding:
    """What is left of v(q) far out."""
    wrong = "" if rest < DECAYED else "it does not decay, so that levels never converge"
    return Finding(f"v({FAR:g} bohr⁻¹)", f"{rest:.1e} of the largest", wrong)


def _strengths(strengths: Strengths) -> Iterator[Finding]:
    """The strengths of every term, and whether factors on v keep their law."""
    for term, a in strengths.by_term():
        if term.factor is None:
            unit = "" if term.unit == "1" else f" {term.unit}"
            yield Finding(term.words, f"at most {float(jnp.abs(a).max()):.4g}{unit}")
        else:
            yield _factor(term, a)


def _factor(term: Term, a: jax.Array) -> Finding:
    """A factor on v(q): 1 without strain, and positive for strains that occur."""
    assert term.factor is not None, "the caller asks about factors alone"
    dilations = jnp.linspace(-STRAINED, STRAINED, 41)
    unstrained = bool(jnp.all(term.factor(a, jnp.asarray(0.0)) == 1))
    f = np.asarray(jax.vmap(term.factor, (None, 0))(a, dilations))
    wrong = "" if unstrained and f.min() > 0 else "it is not 1 without strain, or changes sign"
    found = f"1 without strain, {f.min():.3f} to {f.max():.3f} for ±{STRAINED:.0%}"
    return Finding(term.words, found, wrong)


def _stored(model: Model, file: Path) -> Iterator[Finding]:
    """The charges and the bands of one system of the run."""
    name = file.parent.name
    try:
        stored = read_bands_h5(file)
        yield from _neutral(model.potential, name, stored)
        yield _bands(model.potential, name, stored)
    except InputError as error:
        yield Finding(f"{name}: bands", "cannot be compared", f"{error.what}; {error.remedy}")


def _neutral(potential: Potential, name: str, stored: StoredBands) -> Iterator[Finding]:
    """Strengths that act only as far as they sum to zero over the cell: charges."""
    species, of_atom = stored.crystal.species, jnp.asarray(stored.crystal.species_of_atom)
    count = jnp.bincount(of_atom, length=len(species)).astype(float)
    for term, a in potential.strengths.at(potential.columns(species)).by_term():
        if term.neutral:
            left = abs(float(count @ neutral(a, count)))
            found = f"fitted {float(count @ a):+.3g} {term.unit} a cell, acts with {left:.0e} e"
            wrong = "" if left < NEUTRAL else "the cell is not neutral"
            yield Finding(f"{name}: {term.words}", found, wrong)


def _bands(potential: Potential, name: str, stored: StoredBands) -> Finding:
    """The levels of a run at a few of its k-points, computed again."""
    what, made = f"{name}: bands", stored.provenance
    if "cutoff_hartree" not in made or stored.bands.spinor != potential.spinor:
        wrong = "they were computed with another potential, or by something else"
        return Finding(what, "cannot be compared", wrong)
    size = _size(stored, made) * (1 + stored.bands.spinor)
    if size > DEAR:
        return Finding(what, f"not computed again: H(k) has {size} rows")
    k = stored.bands.kpoints.fractional
    places = sorted({0, len(k) // 2, len(k) - 1} if size <= CHEAP else {0})
    E = _again(potential, stored, made, np.asarray(k)[places])
    error = float(jnp.abs(E - stored.bands.E[jnp.asarray(places)]).max()) * HARTREE_EV
    found = f"{error:.1e} eV from those of the run, at {len(places)} k-points"
    return Finding(what, found, "" if error < AGREES_EV else "the run has another potential")


def _size(stored: StoredBands, made: dict[str, Any]) -> int:
    """About how many plane waves the run had, Ω K³/6π² with K²/2 the cutoff."""
    K = (2 * made["cutoff_hartree"]) ** 0.5
    return int(float(stored.crystal.volume) * K**3 / (6 * np.pi**2))


def _again(
    potential: Potential, stored: StoredBands, made: dict[str, Any], k: np.ndarray
) -> jax.Array:
    """The levels at the fractional k-points `k` [hartree]."""
    rule = RULES[made.get("plane_waves", "per-k")]
    built = system(stored.crystal, listed(stored.crystal, k), made["cutoff_hartree"], rule)
    return levels(potential, built, stored.bands.E.shape[1])
