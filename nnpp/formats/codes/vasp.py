"""VASP: vasprun.xml, levels in eV and lengths in Å; names of k-points from KPOINTS."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import exists, read_text
from nnpp.formats.codes.format import Format, Hints, crystal_in, full_levels
from nnpp.formats.codes.vasp_run import SPINS, STATIC, Run, read_run
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.paths import GREEK
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

ONE_SHOT = (2, 3, 4, 90)
"""IALGO of ALGO = None, Eigenval, Subrot and Exact, which diagonalise once, without a cycle."""

FIXED_DENSITY = 10
"""From this ICHARG on the density is kept fixed."""

LISTED = ("", "Explicit", "listgenerated")
"""Values of `generation` for k-points that are listed or lie along lines, not on a mesh."""

FUNCTIONALS = {
    "91": "PW91",
    "CA": "LDA",
    "PAW": "LDA",
    "PAW_GGA": "PW91",
    "PAW_PBE": "PBE",
    "PE": "PBE",
    "PS": "PBEsol",
}
"""Functionals by the value of GGA, or by the first word of the title of a potential."""


def read_vasprun(path: Path, _: Hints) -> ReferenceBands:
    """Return the bands of a finished static run without collinear spins."""
    run = read_run(path)
    if run.integer("ISPIN", 1) == 2 and not run.true("LNONCOLLINEAR"):
        raise run.error(*SPINS, "ISPIN")
    _check_converged(run)
    opt = " opt" if "E opt" in run.ends else ""
    E, found, fermi = _levels(run, f"E{opt}"), _crystal(run), run.real("efermi")
    k, labels, notes = _kpoints(run, opt, len(E), np.asarray(found.cell))
    kept, remarks = _kept(run, opt, len(E))
    spinor = run.true("LSORBIT") or run.true("LNONCOLLINEAR")
    return ReferenceBands(
        path,
        k[kept],
        E[kept] / HARTREE_EV,
        labels=None if labels is None else tuple(np.array(labels)[kept].tolist()),
        cell=np.asarray(found.cell),
        crystal=found,
        spinor=spinor,
        occupied=full_levels(run.entries["NELECT"], spinor, E.shape[1], path)
        if "NELECT" in run.entries
        else None,
        fermi=None if fermi is None else fermi / HARTREE_EV,
        provenance=_provenance(run),
        notes=(*notes, *remarks),
    )


def _check_converged(run: Run) -> None:
    """Raise an error if all NELM steps were used and the last change exceeds EDIFF."""
    energy, most = run.vectors("energy", 1)[:, 0], run.integer("NELM", 0)
    once = run.integer("ICHARG", 0) >= FIXED_DENSITY or run.integer("IALGO", 0) in ONE_SHOT
    if once or not most or len(energy) < most:
        return
    if len(energy) < 2 or abs(energy[-1] - energy[-2]) > (run.real("EDIFF") or 0.0):
        raise run.error(
            f"is not converged: EDIFF is not reached in NELM = {most} steps",
            "repeat the run with a larger NELM",
            "NELM",
        )


def _levels(run: Run, name: str) -> np.ndarray:
    """Return the levels at each k [eV]."""
    counts = np.diff(np.array(run.ends.get(name, ()), int), prepend=0)
    if not counts.any():
        raise run.error("holds no levels", STATIC)
    if run.text("field") not in ("", "eigene"):
        raise run.error("has no levels in the first column", "repeat the run", "field")
    other = int(np.argmax(counts != counts[0]))
    if other:
        raise run.error(
            f"has {counts[other]} levels at k-point {other + 1}, but {counts[0]} at the first",
            "repeat the run",
        )
    return run.vectors(name, int(counts[0]))


def _kpoints(
    run: Run, opt: str, n: int, cell: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...] | None, tuple[str, ...]]:
    """Return the k-points of all rows of levels, their names, and notes."""
    k = run.vectors(f"k{opt}")
    if len(k) != n:
        raise run.error(f"has {len(k)} k-points, but levels at {n}", "repeat the run")
    name = "KPOINTS_OPT" if opt else "KPOINTS"
    labels, notes = read_labels(run.path.parent / name, k, cell)
    return k, labels, (*(f"bands are those of {name}",) * bool(opt), *notes)


def _kept(run: Run, opt: str, n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return which k-points are the bands, and notes.

    Hybrid functionals need a mesh in the same run; then the path has zero weights.
    """
    weights = run.vectors(f"weights{opt}", 1)[:, 0]
    if len(weights) not in (0, n):
        raise run.error(f"has {n} k-points, but {len(weights)} weights", "repeat the run")
    bands = weights == 0
    if 0 < bands.sum() < n:
        left = n - bands.sum()
        return bands, (f"bands are the k-points of zero weight; {left} others are ignored",)
    generation = run.entries.get(f"generation{opt}")
    scheme = generation.attributes.get("param", "") if generation else ""
    if scheme not in LISTED:
        return np.ones(n, bool), (f"the k-points are a mesh ({scheme}), not a path",)
    if scheme != "listgenerated" and len(set(weights)) > 1:
        return np.ones(n, bool), ("the k-points are weighted like a mesh, not a path",)
    return np.ones(n, bool), ()


def _crystal(run: Run) -> Crystal:
    """Return the crystal at the start of the run, which has one ionic step."""
    cell, positions = run.vectors("cell"), run.vectors("positions")
    symbols = run.words.get("atoms", ())[::2]
    return crystal_in(run.path, cell / BOHR_ANGSTROM, positions, symbols)


def _provenance(run: Run) -> dict[str, str]:
    """Return the program, its version, the functional and the pseudopotentials."""
    potentials = run.words.get("types", [])[4::5]
    about = {
        "program": "VASP",
        "version": run.text("version"),
        "functional": _functional(run, " ".join(potentials)),
        "pseudopotentials": ", ".join(potentials),
        **{name: run.text(name).strip("-") for name in ("GGA", "METAGGA", "LHFCALC")},
    }
    return {key: value for key, value in about.items() if value}


def _functional(run: Run, potentials: str) -> str:
    """Return the functional in words: as it is set, or else that of the potentials."""
    tags = [run.text(name).upper().strip("-") for name in ("METAGGA", "GGA")]
    word = next(filter(None, tags), potentials.partition(" ")[0])
    plain = FUNCTIONALS.get(word, word)
    if not run.true("LHFCALC"):
        return plain
    shares = ((name, run.real(name)) for name in ("AEXX", "HFSCREEN"))
    mixing = "".join(f", {name} {x:g}" for name, x in shares if x is not None)
    return f"hybrid of {plain}{mixing}"


SAME_K = 1e-5
"""k-points of vasprun.xml (eight decimals) and KPOINTS are the same within this."""


@dataclass(frozen=True)
class _Listed:
    """Named k-points of a KPOINTS file, at `places` among all k-points of the run."""

    places: np.ndarray
    points: np.ndarray
    names: tuple[str, ...]
    cartesian: bool


def read_labels(
    path: Path, k: np.ndarray, cell: np.ndarray
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the names of the k-points of a run, if the file gives them, and notes."""
    if not exists(path):
        return None, ()
    try:
        listed = _listed(read_text(path).split("\n"))
    except InputError as error:
        return None, (f"{path.name} {error.what}: names of k-points are not used",)
    if listed is None or not any(listed.names):
        return None, ()
    if not _fits(listed, k, cell):
        return None, (f"{path.name} lists other k-points: names of k-points are not used",)
    names = [""] * len(k)
    for place, name in zip(listed.places, listed.names, strict=True):
        names[place] = "Γ" if name == "G" and not k[place].any() else name
    return tuple(names), ()


def _listed(lines: list[str]) -> _Listed | None:
    """Return the named k-points; None for a mesh and for a file that is not a KPOINTS."""
    count = _first_integer(lines[1]) if len(lines) > 3 else 0
    if count <= 0:
        return None
    along_lines = lines[2].strip()[:1] in ("L", "l")
    system, rows = (lines[3], lines[4:]) if along_lines else (lines[2], lines[3 : 3 + count])
    found = list(_rows(rows, weighted=not along_lines))
    if not found:
        return None
    points, names = zip(*found, strict=True)
    i = np.arange(len(points))
    places = i // 2 * count + i % 2 * (count - 1) if along_lines else i
    return _Listed(places, np.array(points), names, system.strip()[:1] in tuple("CcKk"))


def _first_integer(line: str) -> int:
    """Return the integer at the beginning of a line, 0 if there is none."""
    word = (line.split() or [""])[0]
    return int(word) if word.isdecimal() and len(word) < 9 else 0


def _rows(lines: list[str], weighted: bool) -> Iterator[tuple[list[float], str]]:
    """Yield the coordinates and the name in each line up to the first other one."""
    for line in lines:
        words = line.split()
        try:
            point = [float(word) for word in words[:3]]
        except ValueError:
            return
        if len(point) == 3:
            rest = words[4 if weighted else 3 :]
            yield point, _name(" ".join(rest))
        elif words:
            return


def _name(text: str) -> str:
    r"""Return the name after the numbers: "! \Gamma" → Γ, "SIGMA_0" → Σ_0; G may not be Γ."""
    word = (text.strip("!#'\"$ ").split() or [""])[0].strip("\\$")
    stem, _, index = word.partition("_")
    stem = stem if stem == "G" else GREEK.get(stem.upper(), stem)
    return f"{stem}_{index}" if index else stem


def _fits(listed: _Listed, k: np.ndarray, cell: np.ndarray) -> bool:
    """Return whether these are all k-points of the run."""
    if listed.places[-1] + 1 != len(k):
        return False
    ours = k[listed.places]
    if not listed.cartesian:
        return bool(np.abs(ours - listed.points).max() < SAME_K)
    ours = ours @ np.linalg.inv(cell).T
    scale = (ours * listed.points).sum() / max((listed.points**2).sum(), 1e-30)
    return bool(np.abs(ours - scale * listed.points).max() <= SAME_K * np.abs(ours).max())


FORMATS = (
    Format(
        name="vasp",
        program="VASP (vasprun.xml)",
        matches=lambda name, head: "<modeling>" in head,
        read=read_vasprun,
        code="VASP",
        traces=("OUTCAR", "EIGENVAL", "INCAR", "POTCAR", "WAVECAR", "vaspout.h5"),
    ),
)
