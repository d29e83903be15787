"""`nnpp export`: a fitted potential as filter-diagonalisation codes of nanocrystals read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.files.tensors import STEM
from nnpp.formats.filter_codes import Element, refuse_foreign, write_export
from nnpp.formats.filter_codes_readme import Accuracy, readme
from nnpp.formats.model import Model, read_model, write_model
from nnpp.potentials.interface import Form, FormFactors
from nnpp.potentials.potential import Potential
from nnpp.potentials.real_space import real_space
from nnpp.special import gauss_legendre, knots

FOLDER = "export"

ROWS = 8001
"""Of potX.par: the filter codes draw straight lines between rows, and take 8192 at most.

Lines between samples of v(r) would miss v(q) by h²q²/12 of it and more, 1e-5 of the largest
at the spacing h = 0.0125 bohr that a reach of 100 bohr leaves; the rows are knots instead.
"""

ENDS = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0, 160.0)
"""Where an integral over q may end [bohr⁻¹]."""

DECAYED = 1e-12
"""v(q) is done where it is below this share of its largest value."""

REACHES = (25.0, 50.0, 75.0, 100.0)
"""Where a table of v(r) may end [bohr].

The last is for form factors with a kink (relu; celu, of the slope), whose v(r) decays as a
power of r. Longer tables would lose more between their rows, which cannot be more, than they
win beyond the last one.
"""

NEGLIGIBLE = 1e-7
"""4πR³|v(R)| below this changes no v(q) by more than about as much [hartree·bohr³]."""

TAIL_REACH = 120.0
"""Where a table with a Coulomb tail ends, larger than any dot [bohr]."""

R_TABLE, Q_TABLE = np.linspace(0.0, 30.0, 4096), np.linspace(0.0, 40.0, 4096)
"""The grids of DeePseudopot's own tables [bohr, bohr⁻¹]."""

CHECKED = np.linspace(0.0, 10.0, 201)
"""Lengths at which v(q) is found again from the rows [bohr⁻¹]."""


@dataclass(frozen=True)
class Radial:
    """v(r) of all species, and how far it was needed.

    Attributes:
        v: the form factors.
        end: where v(q) has decayed [bohr⁻¹].
        reach: where v(r) has [bohr].
        cut: the largest |v(r)| beyond [hartree].
    """

    v: FormFactors
    end: float
    reach: float
    cut: float

    def at(self, r: Float[np.ndarray, " r"]) -> Float[np.ndarray, "r species"]:
        """v_s(r) [hartree], zero from `reach` on."""
        near = r[r < self.reach]
        far = np.zeros((len(r) - len(near), np.shape(self.v(jnp.zeros(1)))[1]))
        return np.concatenate([transformed(self.v, near, self.end), far])


def run_export(run: Path, out: Path | None = None) -> list[Path]:
    """Write the potential of a run for other codes, by default into its folder export/."""
    model = read_model(run)
    folder = model.path.parent / FOLDER if out is None else Path(out)
    refuse_unwritable(folder)
    refuse_foreign(folder)
    try:
        found = radial(model.potential.local)
    except InputError as error:
        raise error.at(model.path) from error
    _refuse_without_tail(model)
    elements = list(_elements(model.potential, found))
    error = max(_difference(model.potential, e) for e in elements)
    lifted = max(_lifted(e.short) for e in elements)
    accuracy = Accuracy(found.reach, found.cut, float(CHECKED[-1]), error, lifted)
    paths = write_export(folder, elements, readme(_title(model), elements, accuracy))
    return [*paths, *write_model(folder / STEM, model.potential, model.about)]


def _refuse_without_tail(model: Model) -> None:
    """Refuse what is added to v(q) by a term that gives no form in real space."""
    for term, _ in model.potential.strengths.by_term():
        if term.addition is not None and term.tail is None:
            raise InputError(
                f"the term {term.words} adds to v(q) and has no form in real space",
                "give its Term a `tail`",
                model.path,
            )


def radial(v: Form) -> Radial:
    """Find how far v(q) and v(r) reach; refused where v(r) has no meaning."""
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
    """The largest |v(r)| from `reach` on [hartree]."""
    return float(np.abs(transformed(v, np.linspace(reach, 1.25 * reach, 40), end)).max())


def transformed(
    v: FormFactors, r: Float[np.ndarray, " r"], end: float
) -> Float[np.ndarray, "r species"]:
    """v_s(r) [hartree], with nodes enough for sin(qr) and for bumps 0.1 bohr⁻¹ wide."""
    nodes = 200 + int(end * (25 + 0.6 * float(r.max())))
    pieces = np.array_split(r, -(-len(r) // 4096))
    return np.concatenate([real_space(v, jnp.asarray(x), end, nodes) for x in pieces])


def decays_at(v: FormFactors) -> float:
    """Where all form factors have decayed [bohr⁻¹]."""
    largest = np.abs(np.asarray(v(jnp.linspace(0.0, ENDS[0], 400)))).max()
    for end in ENDS:
        beyond = np.abs(np.asarray(v(jnp.linspace(end, 1.5 * end, 400)))).max()
        if beyond <= DECAYED * largest and np.isfinite(largest):
            return end
    raise InputError(
        f"v(q) is infinite somewhere, or has not decayed at {ENDS[-1]:g} bohr⁻¹",
        "mend its numbers, or fit it under an envelope",
    )


def _elements(potential: Potential, found: Radial) -> Iterator[Element]:
    """Every element with its curves and strengths."""
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
    """The rows at the uniform `r`, from 0, between which straight lines stand for an even f."""
    onward = f(np.append(r, r[-1] + r[1] * np.array([1, 2])))
    return knots(np.concatenate([onward[2:0:-1], onward]))


def _difference(potential: Potential, e: Element) -> float:
    """The largest error of v(q) from straight lines between the rows [hartree·bohr³]."""
    column = potential.species.index(e.symbol)
    exact = np.asarray(potential.local(jnp.asarray(CHECKED)))[:, column]
    return float(np.abs(read_back(e.r, e.short, CHECKED) - exact).max())


def _lifted(rows: Float[np.ndarray, " row"]) -> float:
    """The largest |δ²v|/12, by which rows stand apart from v(r) [hartree]."""
    return float(np.abs(np.diff(np.append(rows[1], rows), 2)).max()) / 12


def read_back(
    r: Float[np.ndarray, " row"], v: Float[np.ndarray, " row"], q: Float[np.ndarray, " q"]
) -> Float[np.ndarray, " q"]:
    """v(q) = 4π ∫ r² sinc(qr) v(r) dr of straight lines between rows [hartree·bohr³]."""
    x, w = gauss_legendre(3, float(r[1]))
    inside = (r[:-1, None] + x).ravel()
    weighted = inside**2 * np.interp(inside, r, v) * np.tile(w, len(r) - 1)
    return 4 * np.pi * np.sinc(q[:, None] * inside / np.pi) @ weighted


def _title(model: Model) -> str:
    """The name of the fit."""
    return str(model.about.get("fit", model.path.absolute().parent.name))
