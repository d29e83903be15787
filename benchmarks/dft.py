"""How accurate are the shipped fits along complete paths of their references?

A network and Zunger's form with the same other terms, fitted by the same method. Root mean
squares [meV] of three pairs of valence spinors and two pairs of conduction spinors over all 61
k-points (InAs 62), two thirds of which (half for GaAs) were not fitted; splittings [eV];
dE/d ln Ω of the gap at Γ [eV], from levels at ±1 %. Wurtzite CdSe is not fitted; its levels are
those of the potential of zinc blende.

    python -m benchmarks dft       makes the fits; NNPP_RUNS=FOLDER uses those that are there
"""

import os
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array

from benchmarks.fits import INPUTS, shipped
from benchmarks.process import ran
from benchmarks.record import record
from nnpp.basis.rules import RULES
from nnpp.config.inputs import read_inputs
from nnpp.config.systems import System
from nnpp.devices.parallel import one_device_per_core
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.model import read_model
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import Bands, levels
from nnpp.observables.gaps import direct_gap_at, spin_orbit_splitting
from nnpp.potentials.potential import Potential
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV

III_V = ("InAs", "InP", "GaAs", "GaP")
RUNS = {"III-V": III_V, "III-V-zunger": III_V, "zb-CdSe": ("zb-CdSe",)}
PAIRS = {"VB3": -6, "VB2": -4, "VB1": -2, "CB1": 0, "CB2": 2}
"""Pairs of spinors by their first level, counted from the lowest empty one."""

PIECES = (
    ((0.5, 0.5, 0.5), (0, 0, 0), 140),
    ((0, 0, 0), (0.5, 0, 0.5), 170),
    ((0.5, 0, 0.5), (0.5, 0.25, 0.75), 90),
)
"""Ends of the parts of a path, and their numbers of points."""

NEURAL = ("kind: neural", "  network: ", "  envelope: ", "  priors: ")
"""Starts of lines that a fit of Zunger's form does not have."""


def run() -> None:
    """Make the fits unless NNPP_RUNS names them, then print the tables."""
    one_device_per_core()
    if "NNPP_RUNS" in os.environ:
        tables(Path(os.environ["NNPP_RUNS"]))
        return
    with tempfile.TemporaryDirectory() as place:
        for fit in (INPUTS / "III-V", zunger(Path(place)), INPUTS / "zb-CdSe"):
            ran("-m", "nnpp.cli.app", "fit", str(fit), "--out", place)
        tables(Path(place))


def zunger(folder: Path) -> Path:
    """Write the fit III-V with Zunger's form instead of the network; return its folder."""
    text = shipped("III-V").replace("kind: neural", "kind: zunger")
    kept = [line for line in text.splitlines() if not line.startswith(NEURAL)]
    to = folder / "III-V-zunger"
    to.mkdir()
    (to / "fit.yaml").write_text("\n".join(kept) + "\n", "utf-8")
    return to


def tables(folder: Path) -> None:
    """Print and record all tables of the runs in `folder`."""
    results = {}
    for fit, names in RUNS.items():
        potential = read_model(folder / fit).potential
        print(
            f"  {fit:13}"
            + "".join(f"{p:>7}" for p in PAIRS)
            + "    Δso (ref)      slope (ref)  largest jump"
        )
        for name in names:
            results[f"{fit}/{name}"] = row(potential, name)
    results["wz-CdSe"] = wurtzite(read_model(folder / "zb-CdSe").potential)
    record("dft", results)


@cache
def specs() -> dict[str, System]:
    """Return the systems of the shipped fits by name."""
    fits = (read_inputs(INPUTS / fit) for fit in ("III-V", "zb-CdSe"))
    return {system.name: system for fit in fits for system in fit.spec.systems}


def row(potential: Potential, name: str) -> dict[str, Any]:
    """Print the line of a material and return its numbers."""
    both = {v: solved(potential, name, v) for v in ("0.99", "1.00", "1.01")}
    ours, theirs = both["1.00"]
    found = {p: rms(ours.E, theirs.E, 8 + place) for p, place in PAIRS.items()}
    pairs = {"Δso": [float(spin_orbit_splitting(b)) * HARTREE_EV for b in both["1.00"]]}
    pairs["slope"] = [
        (direct(high) - direct(low)) / np.log(1.01 / 0.99)
        for low, high in zip(both["0.99"], both["1.01"], strict=True)
    ]
    jump = largest_jump(potential, name)
    print(f"  {name:13}" + "".join(f"{x:7.1f}" for x in found.values()), end="")
    print("".join(f"  {a:7.3f} ({b:.3f})" for a, b in pairs.values()), end="")
    print(f"  {jump:.3f} meV", flush=True)
    return {k: round(float(x), 2) for k, x in found.items()} | {
        **{k: [round(float(x), 4) for x in pair] for k, pair in pairs.items()},
        "jump/meV": round(jump, 4),
    }


def largest_jump(potential: Potential, name: str) -> float:
    """Return the largest fourth difference of levels along L Γ X W, with 400 points [meV].

    |E_i − (−E_{i−2} + 4E_{i−1} + 4E_{i+1} − E_{i+2})/6| of the lowest level, and of the sum of
    the occupied ones, which has no kinks where levels cross.
    """
    spec = specs()[name]
    crystal = read_bands_h5(INPUTS / "reference" / name / "1.00.h5").crystal
    largest = 0.0
    for start, end, n in PIECES:
        k = listed(crystal, np.linspace(start, end, n))
        s = system(crystal, k, spec.cutoff, RULES[spec.plane_waves])
        E = np.asarray(levels(potential, s, 8)) * HARTREE_EV * 1e3
        for e in (E[:, 0], E.sum(axis=1)):
            around = (4 * (e[1:-3] + e[3:-1]) - e[:-4] - e[4:]) / 6
            largest = max(largest, float(np.abs(e[2:-2] - around).max()))
    return largest


def solved(potential: Potential, name: str, volume: str) -> tuple[Bands, Bands]:
    """Return the bands of the potential and of the reference of its fit at one volume."""
    spec = specs()[name if volume == "1.00" else f"{name}-{volume}"]
    stored = read_bands_h5(INPUTS / "reference" / name / f"{volume}.h5")
    crystal = replace(stored.crystal, rest_volume=stored.crystal.volume / float(volume))
    scissor = spec.reference.scissor if spec.reference else 0.0
    raised = stored.bands.E.at[:, stored.bands.occupied :].add(scissor)
    theirs = replace(stored.bands, E=raised)
    s = system(crystal, theirs.kpoints, spec.cutoff, RULES[spec.plane_waves])
    return replace(theirs, E=levels(potential, s, theirs.E.shape[1])), theirs


def rms(ours: Array, theirs: Array, first: int) -> float:
    """Return the root mean square error of a pair of levels [meV]."""
    return (
        1e3 * HARTREE_EV * float(np.sqrt(np.mean((ours - theirs)[:, first : first + 2] ** 2)))
    )


def direct(bands: Bands) -> float:
    """Return the gap at Γ [eV]."""
    return float(direct_gap_at(bands, bands.kpoints.require_gamma)) * HARTREE_EV


def wurtzite(potential: Potential) -> dict[str, Any]:
    """Return gap, A−B and A−C of wurtzite [eV] from the potential of zinc blende."""
    stored = read_bands_h5(INPUTS / "reference" / "wz-CdSe" / "1.00.h5")
    spec = specs()["zb-CdSe"]
    rule = RULES[spec.plane_waves]
    s = system(stored.crystal, stored.bands.kpoints, spec.cutoff, rule)
    gamma = stored.bands.kpoints.labels.index("Γ")
    both = (np.asarray(levels(potential, s, 20)), np.asarray(stored.bands.E))
    found = {}
    for name, E in zip(("ours", "reference"), both, strict=True):
        E = E[gamma] * HARTREE_EV
        found[name] = {
            "gap": E[16] - E[15], "A-B": E[15] - E[13], "A-C": E[15] - E[11]
        }  # fmt: skip
        print(
            f"  wz-CdSe {name:9} " + ", ".join(f"{k} {x:.3f}" for k, x in found[name].items())
        )
    away = both[0][:, :16] - both[0][:, :16].max() - (both[1][:, :16] - both[1][:, :16].max())
    found["valence rms"] = 1e3 * HARTREE_EV * float(np.sqrt(np.mean(away[:, 8:] ** 2)))
    print(f"  wz-CdSe upper eight valence levels from the top: {found['valence rms']:.0f} meV")
    return found
