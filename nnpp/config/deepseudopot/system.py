"""DeePseudopot: one system, from system_X.par, input_X.par and their tables."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.deepseudopot.keys import INPUT, Settings, read_settings
from nnpp.config.deepseudopot.targets import read_targets
from nnpp.config.values import MAX_COMPONENT
from nnpp.errors import InputError
from nnpp.files.origin import Keys, Place
from nnpp.files.tables import Line, read_lines, read_table, require_count


@dataclass(frozen=True)
class Entry:
    """One system as an entry of fit.yaml, the place of each of its keys, and notes."""

    data: dict[str, Any]
    places: dict[Keys, Place]
    notes: tuple[str, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The element of each atom."""
        return tuple(atom[0] for atom in self.data["structure"]["atoms"])


def read_system(folder: Path, i: int, zero_band: int | None) -> Entry:
    """Return system `i` of the folder; `zero_band` (from 0) is relE_bIdx of NN_config."""
    structure, places = read_cell(folder / f"system_{i}.par")
    inputs = read_settings(folder / f"input_{i}.par", INPUT)
    lines = {"cutoff": _positive(inputs, "maxKE"), "bands": _positive(inputs, "nBands")}
    lines |= {"zero": inputs.lines["relE_bIdx"]} if "relE_bIdx" in inputs.lines else {}
    data = {
        "name": _name(inputs, structure["atoms"]),
        "structure": structure,
        "cutoff": f"{inputs.values['maxKE']!r} hartree",
        "plane_waves": "deepseudopot",
        "bands": inputs.values["nBands"],
        "spin": "doubled",
        "zero": _zero(inputs.values.get("relE_bIdx", zero_band)),
    }
    places |= {(key,): _place(line) for key, line in lines.items()}
    places |= {
        ("name",): Place(inputs.path),
        ("weights", "bands"): Place(folder / f"bandWeights_{i}.par"),
        ("weights", "kpoints"): Place(folder / f"kpoints_{i}.par"),
    }
    data |= _reference(folder, i, int(str(data["bands"])))
    symbols = [atom[0] for atom in structure["atoms"]]
    rows = read_targets(
        folder, i, inputs, symbols, read_kpoints(folder / f"kpoints_{i}.par")[0]
    )
    data |= {"targets": rows.data} if rows.data else {}
    return Entry(data, places | rows.places, (*inputs.notes(), *rows.notes))


def read_cell(path: Path) -> tuple[dict[str, Any], dict[Keys, Place]]:
    """Return the structure in a system_X.par, and the lines of its parts."""
    lines = read_lines(path)
    parts = {name: _part(lines, name, path) for name in ("scale", "cell", "atoms")}
    scale, cell, atoms = parts["scale"], parts["cell"][1:4], parts["atoms"][1:]
    if len(scale[0].words) != 3:
        raise scale[0].error("is not `scale = a`", "write the scale in bohr")
    if len(cell) != 3 or len(parts["cell"]) != 4:
        raise parts["cell"][0].error("cell is not followed by three rows", "write a1, a2, a3")
    for line in cell + atoms:
        wanted = 3 if line in cell else 4
        if len(line.words) != wanted:
            raise line.error(f"has {len(line.words)} words, not {wanted}", "correct the line")
    structure = {
        "scale": f"{scale[0].real(scale[0].words[2])!r} bohr",
        "cell": [line.reals() for line in cell],
        "atoms": [[line.words[0], *map(line.real, line.words[1:])] for line in atoms],
    }
    places: dict[Keys, Place] = {("structure", n): _place(p[0]) for n, p in parts.items()}
    places |= {("structure", "atoms", j): _place(line) for j, line in enumerate(atoms)}
    return structure, places | {("structure",): _place(parts["atoms"][0])}


def read_kpoints(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the k-points (fractional) and the weights in a kpoints_X.par."""
    table = read_table(path, 4)
    k, weights = table[:, :3], table[:, 3]
    for line, at, weight in zip(read_lines(path), k, weights, strict=True):
        if np.abs(at).max() > MAX_COMPONENT:
            raise line.error(
                "lies far outside the cell",
                "write fractional coordinates of the reciprocal lattice",
            )
        if weight < 0:
            raise line.error("has a negative weight", "write a weight ≥ 0")
    return k, weights


def _part(lines: list[Line], name: str, path: Path) -> list[Line]:
    """Return the lines from the one that begins with `name` to the next part."""
    heads = ("scale", "cell", "atoms")
    starts = [at for at, line in enumerate(lines) if line.words[0] == name]
    if len(starts) != 1:
        what = f"{name} is given {len(starts)} times" if starts else f"there is no `{name}`"
        raise InputError(what, "write scale = a, then cell, then atoms", path)
    rest = lines[starts[0] + 1 :]
    end = next((at for at, line in enumerate(rest) if line.words[0] in heads), len(rest))
    return [lines[starts[0]], *rest[:end]]


def _reference(folder: Path, i: int, bands: int) -> dict[str, Any]:
    """Return the reference of a system and its weights; their files must agree."""
    kpoints, energies = folder / f"kpoints_{i}.par", folder / f"expBandStruct_{i}.par"
    weights, inputs = folder / f"bandWeights_{i}.par", f"input_{i}.par"
    k, k_weights = read_kpoints(kpoints)
    E, band_weights = read_table(energies), read_table(weights).ravel()
    require_count(energies, E.shape[1] - 1, bands, "bands", inputs)
    require_count(energies, len(E), len(k), "k-points", kpoints.name)
    require_count(weights, band_weights.size, bands, "weights", inputs)
    return {
        "reference": {
            "file": energies.name,
            "format": "deepseudopot",
            "kpoints": kpoints.name,
        },
        "weights": {"bands": band_weights.tolist(), "kpoints": k_weights.tolist()},
    }


def _positive(inputs: Settings, key: str) -> Line:
    """Return the line of a setting that must exist and be above zero."""
    if key not in inputs.values:
        raise InputError(f"{key} is missing", f"add {key} = …", inputs.path)
    if float(str(inputs.values[key])) <= 0:
        raise inputs.lines[key].error(f"{key} is not above zero", "write a value above zero")
    return inputs.lines[key]


def _place(line: Line) -> Place:
    return Place(line.path, line.number)


def _zero(band: Any) -> Any:
    """Return the zero of energy: a band (from 0) at the first k-point, −1 for none."""
    return "absolute" if band is None or band < 0 else {"band": band + 1, "kpoint": 1}


def _name(inputs: Settings, atoms: list[list[Any]]) -> str:
    """Return the given name in characters for a folder, or the chemical formula."""
    given = re.sub(r"[^A-Za-z0-9._-]+", "-", str(inputs.values.get("systemName", ""))).strip(
        "-."
    )
    counts = Counter(atom[0] for atom in atoms)
    formula = "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in counts.items())
    return given or re.sub(r"[^A-Za-z0-9]+", "", formula)
