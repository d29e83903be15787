"""v(r) of a potential on the grids of an export, and where v(q) and v(r) have decayed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError
from nnpp.formats.filter_codes import Element
from nnpp.potentials.interface import Form, FormFactors
from nnpp.potentials.potential import Potential
from nnpp.potentials.real_space import real_space
from nnpp.special import knots

ROWS = 8001
"""Number of rows of potX.par; the filter codes read at most 8192 and interpolate linearly.

Interpolated samples of v(r) would change v(q) by a fraction h²q²/12 or more: by 1e-5 of the
largest value at the spacing h = 0.0125 bohr of a table that ends at 100 bohr. The rows are
therefore knots, whose linear interpolation gives v(q).
"""

ENDS = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0, 160.0)
"""Possible upper limits of an integral over q [bohr⁻¹]."""

DECAYED = 1e-12
"""v(q) has decayed where it is below this fraction of its largest value."""

REACHES = (25.0, 50.0, 75.0, 100.0)
"""Possible ends of a table of v(r) [bohr].

The last is for form factors with a kink (relu; celu in its slope), whose v(r) decays as a
power of r. A longer table would lose more accuracy by its larger spacing than it would gain.
"""

NEGLIGIBLE = 1e-7
"""If 4πR³|v(R)| is below this, v(r) beyond R changes v(q) by about this [hartree·bohr³]."""

TAIL_REACH = 120.0
"""End of a table with a Coulomb tail, larger than any dot [bohr]."""

R_TABLE, Q_TABLE = np.linspace(0.0, 30.0, 4096), np.linspace(0.0, 40.0, 4096)
"""The grids of DeePseudopot's tables [bohr, bohr⁻¹]."""


@dataclass(frozen=True)
class Radial:
    """v(r) of all species.

    Attributes:
        v: the form factors.
        end: where v(q) has decayed [bohr⁻¹].
        reach: where v(r) has decayed [bohr].
        cut: the largest |v(r)| beyond `reach` [hartree].
    """

    v: FormFactors
    end: float
    reach: float
    cut: float

    def at(self, r: Float[np.ndarray, " r"]) -> Float[np.ndarray, "r species"]:
        """Return v_s(r) [hartree], zero from `reach` on."""
        near = r[r < self.reach]
        far = np.zeros((len(r) - len(near), np.shape(self.v(jnp.zeros(1)))[1]))
        return np.concatenate([transformed(self.v, near, self.end), far])


def radial(v: Form) -> Radial:
    """Return v(r) and where v(q) and v(r) have decayed; an InputError if there is no v(r)."""
    if v.lengths is not None:
        raise InputError(
            "is a table of v(q) at a few lengths, which has no v(r)",
            "export a zunger or neural potential",
        )
    end = decays_at(v)
    for reach in REACHES[:-1]:
        cut = _largest_beyond(v, reach, end)
        if 4 * np.pi * reach**3 * cut < NEGLIGIBLE:
            return Radial(v, end, reach, cut)
    return Radial(v, end, REACHES[-1], _largest_beyond(v, REACHES[-1], end))


def _largest_beyond(v: FormFactors, reach: float, end: float) -> float:
    """Return the largest |v(r)| from `reach` on [hartree]."""
    return float(np.abs(transformed(v, np.linspace(reach, 1.25 * reach, 40), end)).max())


def transformed(
    v: FormFactors, r: Float[np.ndarray, " r"], end: float
) -> Float[np.ndarray, "r species"]:
    """Return v_s(r) [hartree] by quadrature over q from 0 to `end` [bohr⁻¹].

    The nodes resolve sin(qr), and features of v(q) that are 0.1 bohr⁻¹ wide.
    """
    nodes = 200 + int(end * (25 + 0.6 * float(r.max())))
    pieces = np.array_split(r, -(-len(r) // 4096))
    return np.concatenate([real_space(v, jnp.asarray(x), end, nodes) for x in pieces])


def decays_at(v: FormFactors) -> float:
    """Return the length at which all form factors have decayed [bohr⁻¹]."""
    largest = np.abs(np.asarray(v(jnp.linspace(0.0, ENDS[0], 400)))).max()
    for end in ENDS:
        beyond = np.abs(np.asarray(v(jnp.linspace(end, 1.5 * end, 400)))).max()
        if beyond <= DECAYED * largest and np.isfinite(largest):
            return end
    raise InputError(
        f"v(q) is infinite somewhere, or has not decayed at {ENDS[-1]:g} bohr⁻¹",
        "correct its numbers, or fit it with an envelope",
    )


def elements_of(potential: Potential, found: Radial) -> Iterator[Element]:
    """Yield every element with its curves and strengths."""
    by_term = potential.strengths.by_term()
    tails = [(term.tail, term.name) for term, _ in by_term if term.tail is not None]
    last = max(TAIL_REACH, found.reach) if tails else found.reach
    r = np.linspace(0.0, last, ROWS)
    short, table = even_knots(found.at, r), found.at(R_TABLE)
    short[r >= found.reach] = 0.0
    v_q = np.asarray(potential.local(jnp.asarray(Q_TABLE)))
    rows = {term.name: a.reshape(len(a), -1).tolist() for term, a in by_term}
    for i, symbol in enumerate(potential.species):
        strengths = {name: tuple(x[i]) for name, x in rows.items()}
        each = [even_knots(partial(t, strengths[name][0]), r) for t, name in tails]
        yield Element(
            symbol=symbol,
            r=r,
            short=short[:, i],
            tail=np.sum(each, axis=0) if each else None,
            r_table=R_TABLE,
            v_table=table[:, i],
            q=Q_TABLE,
            v_q=v_q[:, i],
            strengths=strengths,
        )


def even_knots(
    f: Callable[[Float[np.ndarray, " r"]], Float[np.ndarray, "r *of"]],
    r: Float[np.ndarray, " row"],
) -> Float[np.ndarray, "row *of"]:
    """Return rows at the uniform `r`, from 0, whose linear interpolation represents an even f.

    They are f − δ²f/12 + δ⁴f/90, where δ² is the second difference.
    """
    onward = f(np.append(r, r[-1] + r[1] * np.array([1, 2])))
    return knots(np.concatenate([onward[2:0:-1], onward]))
