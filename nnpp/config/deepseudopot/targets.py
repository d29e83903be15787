"""DeePseudopot: targets other than bands, in expDefPot_X, expCoupling_X and qpoints_X.

expDefPot_X.par has two numbers, for the VBM and the CBM, or rows for one level,
`k band s D weight`, or for a level relative to another, `k band k band s D weight` (VBM first).
expCoupling_X.par has a block for each atom; a block has a line of numbers, one for each q, for
x, y and z and for the levels idxVB (`vb-vb`) and idxCB (`cb-cb`) at the k-point idxGap.
All indices count from 0.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.deepseudopot.keys import Settings
from nnpp.errors import InputError
from nnpp.files.origin import Keys, Place
from nnpp.files.tables import Line, read_lines
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV as EV

SWITCHES = {"expDefPot": "fit_defPot", "expCoupling": "fit_eph", "qpoints": "fit_eph"}
"""The switch in input_X.par for each file."""

STRETCH = 1.01
"""s of the two-number form of expDefPot_X.par."""

ATOM = re.compile(r"Atom idx = (\d+)\s+atom = (\S+)")
DIRECTION = re.compile(r"polarization of derivative = ([xyz])$")
BAND = re.compile(r"(vb-vb|cb-cb) coupling elements\.")


@dataclass(frozen=True)
class Rows:
    """Targets as entries of fit.yaml, the place of each, and notes."""

    data: list[dict[str, Any]]
    places: dict[Keys, Place]
    notes: tuple[str, ...]


def read_targets(
    folder: Path, i: int, inputs: Settings, symbols: list[str], k: np.ndarray
) -> Rows:
    """Return the targets that are switched on in input_X.par."""
    rows: list[tuple[dict[str, Any], Line]] = []
    if inputs.values.get("fit_defPot"):
        rows += _stretched(folder / f"expDefPot_{i}.par", inputs, k)
    if inputs.values.get("fit_eph"):
        q, weights = read_points(folder / f"qpoints_{i}.par")
        rows += _coupled(folder / f"expCoupling_{i}.par", inputs, symbols, k, q, weights)
    places: dict[Keys, Place] = {
        ("targets", j): Place(line.path, line.number) for j, (_, line) in enumerate(rows)
    }
    notes = tuple(
        f"{name}_{i}.par: not read, {inputs.path.name} does not have {switch} = 1"
        for name, switch in SWITCHES.items()
        if (folder / f"{name}_{i}.par").is_file() and not inputs.values.get(switch)
    )
    return Rows([row for row, _ in rows], places, notes)


def read_points(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the points (fractional) and the weights in a qpoints_X.par."""
    points, weights = [], []
    for line in read_lines(path):
        if len(line.words) != 4:
            raise line.error(f"has {len(line.words)} columns, not 4", "write q1 q2 q3 weight")
        *q, weight = line.reals()
        if weight < 0:
            raise line.error("has a negative weight", "write a weight ≥ 0")
        points.append(q)
        weights.append(weight)
    if not points:
        raise InputError("has no q-point", "write q1 q2 q3 weight", path)
    return np.array(points), np.array(weights)


def _place(inputs: Settings, key: str, count: int, noun: str) -> int:
    """Return an index from input_X.par, which counts from 0."""
    value = inputs.values.get(key)
    if not isinstance(value, int):
        raise InputError(f"{key} is missing", f"add {key} = …, from 0", inputs.path)
    if not 0 <= value < count:
        raise inputs.lines[key].error(
            f"{key} = {value}, but there are {count} {noun}", f"write 0 to {count - 1}"
        )
    return value


def _stretched(
    path: Path, inputs: Settings, k: np.ndarray
) -> list[tuple[dict[str, Any], Line]]:
    """Return the rows of an expDefPot_X.par of either form, and the line of each."""
    lines, bands = read_lines(path), int(str(inputs.values["nBands"]))
    if not lines:
        raise InputError("has no number", "write VBM and CBM, or rows of 5 or 7", path)
    if all(len(line.words) == 1 for line in lines):
        if len(lines) != 2:
            raise lines[-1].error(f"{len(lines)} numbers, not 2", "write VBM, then CBM")
        at = k[_place(inputs, "idxGap", len(k), "k-points")].tolist()
        edges = [_place(inputs, key, bands, "bands") for key in ("idxVB", "idxCB")]
        return [
            (_row({"band": band + 1, "kpoint": at}, STRETCH, line.reals()[0], 1.0), line)
            for band, line in zip(edges, lines, strict=True)
        ]
    return [row for line in lines for row in _of_table(line, k, bands)]


def _of_table(line: Line, k: np.ndarray, bands: int) -> list[tuple[dict[str, Any], Line]]:
    """Return the target of a row of 5 or 7 numbers; none if its weight is zero."""
    if len(line.words) not in (5, 7):
        raise line.error(
            f"has {len(line.words)} columns, not 5 or 7", "write k band [k band] s D weight"
        )
    *places, stretch, D, weight = line.reals()
    levels = []
    for word, (count, noun) in zip(
        line.words, ((len(k), "k-points"), (bands, "bands")) * (len(places) // 2), strict=False
    ):
        if not 0 <= line.integer(word) < count:
            raise line.error(
                f"there are {count} {noun}, {word} is not one of them",
                f"write 0 to {count - 1}",
            )
    for at in range(0, len(places), 2):
        point, band = int(places[at]), int(places[at + 1])
        levels.append({"band": band + 1, "kpoint": k[point].tolist()})
    if weight < 0:
        raise line.error("has a negative weight", "write a weight ≥ 0")
    if not weight:
        return []
    above = {"above": levels[0]} if len(levels) > 1 else {}
    return [(_row(levels[-1], stretch, D, weight) | above, line)]


def _row(level: dict[str, Any], stretch: float, D: float, weight: float) -> dict[str, Any]:
    """Return a target from two volumes."""
    value = {"stretch": stretch, "value": f"{D / EV!r} hartree", "weight": weight}
    return {"kind": "stretched", **level, **value}


def _coupled(
    path: Path,
    inputs: Settings,
    symbols: list[str],
    k: np.ndarray,
    q: np.ndarray,
    weights: np.ndarray,
) -> list[tuple[dict[str, Any], Line]]:
    """Return a target for each atom, direction, band and q with a weight."""
    at = k[_place(inputs, "idxGap", len(k), "k-points")].tolist()
    bands = {
        name: _place(inputs, key, int(str(inputs.values["nBands"])), "bands") + 1
        for name, key in {"vb-vb": "idxVB", "cb-cb": "idxCB"}.items()
    }
    rows, atom, band, along = [], None, None, None
    missing = {(i + 1, b, x) for i in range(len(symbols)) for b in bands for x in "xyz"}
    for line in read_lines(path):
        text = " ".join(line.words)
        if found := ATOM.match(text):
            atom, band, along = _atom(line, found, symbols), None, None
            continue
        named = BAND.match(text)
        if found := DIRECTION.search(text):
            band, along = (named[1] if named else band), found[1]
            continue
        if atom is None or band is None or along is None:
            raise line.error(
                "has no atom, band and direction above it",
                "write `Atom idx = …`, then `vb-vb coupling elements. polarization of "
                "derivative = x`, then the numbers",
            )
        if len(line.words) != len(q):
            raise line.error(
                f"has {len(line.words)} numbers for {len(q)} q-points", "write one for each q"
            )
        if (atom, band, along) not in missing:
            raise line.error(
                "repeats an atom, band and direction", "remove one of the two lines"
            )
        missing.remove((atom, band, along))
        for value, point, weight in zip(line.reals(), q.tolist(), weights, strict=True):
            if value < 0:
                raise line.error(f"the mean coupling {value} is negative", "write numbers ≥ 0")
            target = {"value": f"{value / EV!r} hartree/bohr", "weight": float(weight)}
            place = {
                "atom": atom,
                "along": along,
                "band": bands[band],
                "kpoint": at,
                "q": point,
            }
            if weight:
                rows.append(({"kind": "coupling", **place, **target}, line))
    if missing:
        atom, band, along = min(missing)
        raise InputError(
            f"no {band} coupling of atom {atom - 1} ({symbols[atom - 1]}) along {along}",
            "write a line of numbers for each atom, band and direction",
            path,
        )
    if not rows:
        raise InputError("has no coupling with a weight", "write blocks of atoms", path)
    return rows


def _atom(line: Line, found: re.Match[str], symbols: list[str]) -> int:
    """Return the number of an atom, from 1."""
    number, symbol = int(found[1]), found[2]
    if number >= len(symbols) or symbols[number] != symbol:
        here = symbols[number] if number < len(symbols) else "none"
        raise line.error(
            f"atom {number} is {symbol} here, but {here} in the system",
            "number the atoms as system_X.par does, from 0",
        )
    return number + 1
