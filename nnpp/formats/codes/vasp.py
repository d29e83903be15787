"""VASP's vasprun.xml: levels in eV, lengths in Å, k in units of the reciprocal vectors."""

from pathlib import Path

import numpy as np

from nnpp.formats.codes.format import Beside, Format, crystal_in
from nnpp.formats.codes.occupation import said_to_fill
from nnpp.formats.codes.vasp_labels import read_labels
from nnpp.formats.codes.vasp_run import SPINS, STATIC, Run, gathered
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

ONE_SHOT = (2, 3, 4, 90)
"""IALGO of ALGO = None, Eigenval, Subrot and Exact: they diagonalise once, without a cycle."""

FIXED_DENSITY = 10
"""ICHARG from which on the density is kept, and levels alone are sought."""

LISTED = ("", "Explicit", "listgenerated")
"""What `generation` says of k-points that are listed or lie along lines; else of a mesh."""

FUNCTIONALS = {
    "91": "PW91",
    "CA": "LDA",
    "PAW": "LDA",
    "PAW_GGA": "PW91",
    "PAW_PBE": "PBE",
    "PE": "PBE",
    "PS": "PBEsol",
}
"""The commonest of the two letters that GGA takes, and how titles of potentials begin."""


def read_vasprun(path: Path, beside: Beside) -> ReferenceBands:
    """The bands of a finished static run without collinear spins."""
    run = gathered(path)
    _refuse_spins(run)
    _refuse_unconverged(run)
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
        occupied=_occupied(run, spinor, E.shape[1]),
        fermi=None if fermi is None else fermi / HARTREE_EV,
        provenance=_provenance(run),
        notes=(*notes, *remarks),
    )


def _refuse_spins(run: Run) -> None:
    """Collinear spins have two spectra."""
    if run.whole("ISPIN", 1) == 2 and not run.true("LNONCOLLINEAR"):
        raise run.error(*SPINS, "ISPIN")


def _refuse_unconverged(run: Run) -> None:
    """A cycle that took all the steps it may take must have ended within EDIFF."""
    energy, most = run.vectors("energy", 1)[:, 0], run.whole("NELM", 0)
    once = run.whole("ICHARG", 0) >= FIXED_DENSITY or run.whole("IALGO", 0) in ONE_SHOT
    if once or not most or len(energy) < most:
        return
    if len(energy) < 2 or abs(energy[-1] - energy[-2]) > (run.real("EDIFF") or 0.0):
        raise run.error(
            f"is not converged: EDIFF is not reached in NELM = {most} steps",
            "repeat the run with a larger NELM",
            "NELM",
        )


def _levels(run: Run, name: str) -> np.ndarray:
    """Levels at each k [eV]."""
    counts = np.diff(np.array(run.ends.get(name, ()), int), prepend=0)
    if not counts.any():
        raise run.error("holds no levels", STATIC)
    if run.text("field") not in ("", "eigene"):
        raise run.error("has no levels in the first column", "repeat the run", "field")
    other = int(np.argmax(counts != counts[0]))
    if other:
        raise run.error(
            f"has {counts[other]} levels at k-point {other + 1}, {counts[0]} at the first",
            "repeat the run",
        )
    return run.vectors(name, int(counts[0]))


def _kpoints(
    run: Run, opt: str, n: int, cell: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...] | None, tuple[str, ...]]:
    """The k-points, one for each row of levels; their names, and remarks."""
    k = run.vectors(f"k{opt}")
    if len(k) != n:
        raise run.error(f"has {len(k)} k-points, and levels at {n}", "repeat the run")
    name = "KPOINTS_OPT" if opt else "KPOINTS"
    labels, notes = read_labels(run.path.parent / name, k, cell)
    return k, labels, (*(f"its bands are those of {name}",) * bool(opt), *notes)


def _kept(run: Run, opt: str, n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which k-points are the bands: those of zero weight, beside others; and a remark."""
    weights = run.vectors(f"weights{opt}", 1)[:, 0]
    if len(weights) not in (0, n):
        raise run.error(f"has {n} k-points and {len(weights)} weights", "repeat the run")
    bands = weights == 0
    if 0 < bands.sum() < n:
        left = n - bands.sum()
        return bands, (f"its bands are the k-points of zero weight; {left} others are left",)
    generation = run.said.get(f"generation{opt}")
    scheme = generation.attributes.get("param", "") if generation else ""
    if scheme not in LISTED:
        return np.ones(n, bool), (f"its k-points are a mesh ({scheme}), not a path",)
    if scheme != "listgenerated" and len(set(weights)) > 1:
        return np.ones(n, bool), ("its k-points are weighted like a mesh, not a path",)
    return np.ones(n, bool), ()


def _occupied(run: Run, spinor: bool, levels: int) -> int | None:
    """The full levels at each k."""
    if "NELECT" not in run.said:
        return None
    return said_to_fill(run.said["NELECT"], spinor, levels)


def _crystal(run: Run) -> Crystal:
    """The cell and atoms of the one calculation, with which the run began."""
    cell, positions = run.vectors("cell"), run.vectors("positions")
    symbols = run.words.get("atoms", ())[::2]
    return crystal_in(run.path, cell / BOHR_ANGSTROM, positions, symbols)


def _provenance(run: Run) -> dict[str, str]:
    """The program, its version, the functional and the pseudopotentials."""
    potentials = run.words.get("types", [])[4::5]
    said = {
        "program": "VASP",
        "version": run.text("version"),
        "functional": _functional(run, " ".join(potentials)),
        "pseudopotentials": ", ".join(potentials),
        **{name: run.text(name).strip("-") for name in ("GGA", "METAGGA", "LHFCALC")},
    }
    return {key: value for key, value in said.items() if value}


def _functional(run: Run, potentials: str) -> str:
    """The functional in words: as it is set, or else that of the potentials."""
    set_so = [run.text(name).upper().strip("-") for name in ("METAGGA", "GGA")]
    word = next(filter(None, set_so), potentials.partition(" ")[0])
    plain = FUNCTIONALS.get(word, word)
    if not run.true("LHFCALC"):
        return plain
    shares = ((name, run.real(name)) for name in ("AEXX", "HFSCREEN"))
    said = "".join(f", {name} {x:g}" for name, x in shares if x is not None)
    return f"hybrid of {plain}{said}"


def _knows(name: str, head: str) -> bool:
    """Whether the root is VASP's."""
    return "<modeling>" in head


FORMATS = (Format(name="vasp", program="VASP: vasprun.xml", knows=_knows, read=read_vasprun),)
