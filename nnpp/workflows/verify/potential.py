"""Constraints of a potential: v(q) is finite, even and decays; factors of terms are valid."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.potentials.potential import Potential, Strengths
from nnpp.terms.term import Term
from nnpp.workflows.verify.finding import Finding

EVEN = 1e-10
"""An even form factor has |v(q) − v(−q)| below this fraction of its largest value."""

FAR, DECAYED = 40.0, 1e-6
"""At this wave number [bohr⁻¹] v(q) must be below this fraction of its largest value."""

STRAINED = 0.05
"""A factor on v(q) must be positive for dilations up to ± this."""


def form_factors(potential: Potential) -> Iterator[Finding]:
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


def strengths_of(strengths: Strengths) -> Iterator[Finding]:
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
