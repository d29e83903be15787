"""`nnpp verify`: check the files, constraints and bands of a fitted potential."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.files.tensors import copy_of
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import StoredBands, read_bands_h5
from nnpp.formats.model import Model, read_model
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.runs.package import SUMS, is_package, refuse_damaged
from nnpp.setup.stored import states_basis, stored_cutoff, stored_system
from nnpp.terms.term import Term, neutral
from nnpp.units import HARTREE_EV

AGREES_EV = 1e-6
"""Largest difference between the levels of the run and those computed again [eV]."""

EVEN = 1e-10
"""An even form factor has |v(q) − v(−q)| below this fraction of its largest value."""

FAR, DECAYED = 40.0, 1e-6
"""At this wave number [bohr⁻¹] v(q) must be below this fraction of its largest value."""

STRAINED = 0.05
"""A factor on v(q) must be positive for dilations up to ± this."""

NEUTRAL = 1e-10
"""Largest sum of charges over a neutral cell [e]."""

SMALL, LARGE = 1500, 6000
"""Largest numbers of rows of H at which three k-points, or one, are computed again."""


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        what: what was checked.
        found: what was found.
        wrong: what is wrong; empty if nothing is.
    """

    what: str
    found: str
    wrong: str = ""


def run_verify(path: Path) -> Iterator[Finding]:
    """Yield all checks of a run, a package or a file; raise an InputError if unreadable."""
    start_devices()
    folder = path if path.is_dir() else path.parent
    if is_package(folder):
        yield Finding(SUMS, f"agrees; {refuse_damaged(folder)} files")
    model = read_model(path)
    yield from _files(model)
    yield from _form_factors(model.potential)
    yield from _strengths(model.potential.strengths)
    for file in sorted(model.path.parent.glob("*/bands.h5")):
        yield from _stored(model, file)


def _files(model: Model) -> Iterator[Finding]:
    """Yield what `read_model` has checked."""
    leaves = jax.tree.leaves(model.potential)
    count, copy = sum(x.size for x in leaves), copy_of(model.path)
    yield Finding("model", str(model.path))
    yield Finding("SHA-256", f"agrees; {len(leaves)} arrays, {count} finite numbers")
    yield Finding(copy.name, "agrees" if exists(copy) else "missing, which is allowed")
    yield Finding("elements", ", ".join(model.potential.species))
    for key in ("fit", "loss_ev2"):
        if key in model.about:
            yield Finding(key, f"{model.about[key]!s:.60}")


def _form_factors(potential: Potential) -> Iterator[Finding]:
    """Yield whether v(q) is finite, even and decays."""
    v = potential.local
    if v.lengths is not None:
        yield Finding(*next(v.rows()))
        return
    q = jnp.linspace(0.0, FAR, 4001)
    v_q = np.asarray(v(q))
    largest = float(np.abs(v_q).max())
    bad = np.asarray(q)[~np.isfinite(v_q).all(axis=1)]
    wrong = f"v(q) is not finite at q = {bad[0]:.3f} bohr⁻¹" if bad.size else ""
    yield Finding("v(q)", f"at most {largest:.4g} hartree·bohr³", wrong)
    if not bad.size:
        near = jnp.linspace(0.0, 2.0, 201)
        yield _evenness(np.abs(np.asarray(v(near) - v(-near))).max() / (largest or 1.0))
        yield _decay(float(np.abs(v_q[-1]).max()) / (largest or 1.0))


def _evenness(odd: float) -> Finding:
    """Return whether v(q) is even.

    Networks with features of q itself are not, which is reported but is no error.
    """
    even = "even" if odd < EVEN else "not even: v(r) may have a cusp at the nucleus"
    return Finding("v(−q) = v(q)", f"{even} (differs by {odd:.1e} of the maximum)")


def _decay(rest: float) -> Finding:
    """Return whether v(q) decays."""
    wrong = "" if rest < DECAYED else "it does not decay, so that levels do not converge"
    return Finding(f"v({FAR:g} bohr⁻¹)", f"{rest:.1e} of the maximum", wrong)


def _strengths(strengths: Strengths) -> Iterator[Finding]:
    """Yield the strengths of every term, and whether factors on v(q) are valid."""
    for term, a in strengths.by_term():
        if term.factor is None:
            unit = "" if term.unit == "1" else f" {term.unit}"
            yield Finding(term.words, f"at most {float(jnp.abs(a).max()):.4g}{unit}")
        else:
            yield _factor(term, a)


def _factor(term: Term, a: jax.Array) -> Finding:
    """Return whether a factor on v(q) is 1 without strain, and positive for small strains."""
    assert term.factor is not None, "only terms with a factor are passed"
    dilations = jnp.linspace(-STRAINED, STRAINED, 41)
    unstrained = bool(jnp.all(term.factor(a, jnp.asarray(0.0)) == 1))
    f = np.asarray(jax.vmap(term.factor, (None, 0))(a, dilations))
    wrong = "" if unstrained and f.min() > 0 else "it is not 1 without strain, or changes sign"
    found = f"1 without strain, {f.min():.3f} to {f.max():.3f} for ±{STRAINED:.0%}"
    return Finding(term.words, found, wrong)


def _stored(model: Model, file: Path) -> Iterator[Finding]:
    """Yield the checks of the charges and the bands of one system of the run."""
    name = file.parent.name
    try:
        stored = read_bands_h5(file)
        if not stored.sealed:
            yield Finding(f"{name}: {file.name}", "no digest of its attributes: an older file")
        yield from _neutral(model.potential, name, stored)
        yield _bands(model.potential, name, stored)
    except InputError as error:
        yield Finding(f"{name}: bands", "cannot be compared", f"{error.what}; {error.remedy}")


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
